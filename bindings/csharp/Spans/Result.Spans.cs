#if TWINSPECT_MODERN
using System;
using System.Runtime.InteropServices;
using Twinspect.Native;

namespace Twinspect
{
    public sealed unsafe partial class Result
    {
        /// <summary>Has a function read the anomaly map where the library has it, without copying.</summary>
        /// <remarks>
        /// A function, because a span that was returned would be read after the result is inspected into again, or collected.
        /// While it runs, the result is not freed, even if it is disposed of, and who would inspect into it gets
        /// <see cref="ErrorCode.Busy"/>.
        /// </remarks>
        public T ReadMap<T>(MapReader<T> read)
        {
            if (read == null) throw new ArgumentNullException(nameof(read));
            return Read(() =>
            {
                var map = new tsp_map { struct_size = (uint)sizeof(tsp_map) };
                Failure.Check(NativeMethods.tsp_result_map(Handle, &map));
                int width = (int)map.width, height = (int)map.height;
                if (map.row_stride == sizeof(float) * (long)width) return read(new ReadOnlySpan<float>(map.data, width * height), width, height);
                // A later version of the library may leave gaps between the rows.
                var copy = new float[width * height];
                CopyMap(copy);
                return read(copy, width, height);
            });
        }

        /// <summary>Copies the anomaly map to the start of a span.</summary>
        /// <inheritdoc cref="CopyMap(float[], long)"/>
        public void CopyMap(Span<float> destination, long rowStride = 0)
        {
            var none = 0.0f;
            fixed (float* first = &MemoryMarshal.GetReference(destination))
            {
                CopyMap(first == null ? &none : first, (long)destination.Length * sizeof(float), rowStride);
            }
        }
    }
}
#endif
