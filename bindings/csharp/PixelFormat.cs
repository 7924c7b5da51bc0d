namespace Twinspect
{
    /// <summary>
    /// How pixels lie in memory. Alpha is ignored, 16 bit is in native byte order, gray is repeated to three channels.
    /// </summary>
    public enum PixelFormat
    {
        /// <summary>One byte.</summary>
        Gray8 = 1,

        /// <summary>One 16-bit sample.</summary>
        Gray16 = 2,

        /// <summary>One 32-bit float, 0 to white; every one must be finite.</summary>
        GrayF32 = 3,

        /// <summary>Blue, green, red: what System.Drawing calls Format24bppRgb.</summary>
        Bgr8 = 4,

        /// <summary>Red, green, blue.</summary>
        Rgb8 = 5,

        /// <summary>Blue, green, red, alpha: what System.Drawing calls Format32bppArgb.</summary>
        Bgra8 = 6,

        /// <summary>Red, green, blue, alpha.</summary>
        Rgba8 = 7,

        /// <summary>Three planes of bytes: red, green, blue.</summary>
        Rgb8Planar = 8,

        /// <summary>Three planes of 16-bit samples: red, green, blue.</summary>
        Rgb16Planar = 9,
    }

    internal static class PixelFormats
    {
        /// <summary>Bytes from one pixel to the next in its row (of its plane); 0 of an unknown format.</summary>
        internal static int PixelBytes(this PixelFormat format)
        {
            switch (format)
            {
                case PixelFormat.Gray8:
                case PixelFormat.Rgb8Planar:
                    return 1;
                case PixelFormat.Gray16:
                case PixelFormat.Rgb16Planar:
                    return 2;
                case PixelFormat.Bgr8:
                case PixelFormat.Rgb8:
                    return 3;
                case PixelFormat.GrayF32:
                case PixelFormat.Bgra8:
                case PixelFormat.Rgba8:
                    return 4;
                default:
                    return 0;
            }
        }

        internal static bool IsPlanar(this PixelFormat format) =>
            format == PixelFormat.Rgb8Planar || format == PixelFormat.Rgb16Planar;
    }
}
