#if TWINSPECT_MODERN
using System;
using System.Runtime.InteropServices;

namespace Twinspect
{
    public sealed unsafe partial class Model
    {
        /// <summary>Reads a model from the content of its file, which is not kept.</summary>
        /// <inheritdoc cref="Load"/>
        public static Model FromBytes(ReadOnlySpan<byte> content, Options options = null)
        {
            fixed (byte* data = &MemoryMarshal.GetReference(content)) return FromMemory(data, content.Length, options);
        }
    }
}
#endif
