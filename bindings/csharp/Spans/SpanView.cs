#if TWINSPECT_MODERN
using System;

namespace Twinspect
{
    internal static unsafe class SpanView
    {
        /// <summary>A view of pinned memory that is checked to hold all rows, with the rules of a span: it begins at the lowest address.</summary>
        internal static ImageView Of(byte* first, int bytes, int width, int height, PixelFormat format, long rowStride)
        {
            var offset = rowStride < 0 && height > 0 ? unchecked(-rowStride * (height - 1)) : 0;
            // Of planar formats the last plane, which comes after two others.
            var plane = format.IsPlanar() ? unchecked(2 * Math.Abs(rowStride == 0 ? (long)width * format.PixelBytes() : rowStride) * height) : 0;
            ImageView.CheckExtent(bytes, unchecked(offset + plane), width, height, format, rowStride);
            return new ImageView((IntPtr)(first + offset), width, height, format, rowStride);
        }
    }
}
#endif
