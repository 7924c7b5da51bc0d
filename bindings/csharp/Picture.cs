using System.Runtime.InteropServices;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>A picture that the library has given out: a copy, tightly packed, yours.</summary>
    public sealed class Picture
    {
        internal unsafe Picture(tsp_image* image)
        {
            Width = (int)image->width;
            Height = (int)image->height;
            Format = (PixelFormat)image->format;
            var row = Width * Format.PixelBytes();
            Pixels = new byte[row * Height];
            var stride = image->row_stride == 0 ? row : image->row_stride;
            for (var y = 0; y < Height; ++y)
            {
                Marshal.Copy((System.IntPtr)((byte*)image->plane0 + y * stride), Pixels, y * row, row);
            }
        }

        /// <summary>Pixels in a row.</summary>
        public int Width { get; }

        /// <summary>Rows.</summary>
        public int Height { get; }

        /// <summary>How the pixels lie: one byte of gray, or three of red, green and blue.</summary>
        public PixelFormat Format { get; }

        /// <summary>The pixels, row by row from the top, without gaps.</summary>
        public byte[] Pixels { get; }
    }
}
