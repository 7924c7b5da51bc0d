#if TWINSPECT_MODERN
using System;
using System.Runtime.InteropServices;

namespace Twinspect
{
    public sealed unsafe partial class Inspector
    {
        /// <summary>Inspects a picture in a span, which is pinned during the call.</summary>
        /// <param name="pixels">
        /// Its bytes, all rows of them; of 16-bit and float pixels take MemoryMarshal.AsBytes. The first byte is that of the top
        /// row, or of the bottom row if rowStride is negative.
        /// </param>
        /// <param name="width">Pixels in a row, 1 to 32768.</param>
        /// <param name="height">Rows, 1 to 32768.</param>
        /// <param name="format">How the pixels lie.</param>
        /// <param name="result">What was found replaces what was in it; it stays as it was if the call fails.</param>
        /// <param name="rowStride">Bytes from one row to the next below it; 0 = tightly packed, negative = bottom-up.</param>
        /// <param name="mask">What of the picture is inspected; null = all.</param>
        /// <exception cref="TwinspectException">
        /// InvalidArgument also if the span does not hold all rows, and what the other Inspect throws.
        /// </exception>
        public void Inspect(ReadOnlySpan<byte> pixels, int width, int height, PixelFormat format, Result result,
            long rowStride = 0, ImageView mask = null)
        {
            fixed (byte* first = &MemoryMarshal.GetReference(pixels))
            {
                Inspect(SpanView.Of(first, pixels.Length, width, height, format, rowStride), result, mask);
            }
        }
    }
}
#endif
