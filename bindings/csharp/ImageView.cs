using System;
using Twinspect.Loading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>
    /// A picture in your memory: an array, or wherever a camera has put it. It is never copied and never kept.
    /// </summary>
    /// <remarks>
    /// An array is pinned during the calls that are given the view, and not between them. Behind a pointer the pixels must
    /// stay where they are until those calls have returned. Nobody may write to the pixels during a call. Sizes and values
    /// are checked by the call; that an array holds all of the rows is checked here, as the library cannot.
    /// A mask is a view of <see cref="PixelFormat.Gray8"/> of the same size as its picture: non-zero = inspect.
    /// A view never changes; any number of threads may use it.
    /// </remarks>
    public sealed class ImageView
    {
        // Of each plane its array and the byte in it where the top row begins; without an array, the address of the top row.
        private readonly Array[] arrays;
        private readonly long[] origins;

        /// <summary>A picture in an array.</summary>
        /// <param name="pixels">The array. Not null, and never written to, except by what says so.</param>
        /// <param name="width">Pixels in a row, 1 to 32768.</param>
        /// <param name="height">Rows, 1 to 32768.</param>
        /// <param name="format">How the pixels lie. Planes must follow each other without a gap; otherwise see Planar.</param>
        /// <param name="rowStride">Bytes from one row to the next below it; 0 = tightly packed, negative = bottom-up.</param>
        /// <param name="offset">Bytes from the start of the array to the first pixel of the top row.</param>
        /// <exception cref="TwinspectArgumentException">The array does not hold all of the rows.</exception>
        public ImageView(byte[] pixels, int width, int height, PixelFormat format, long rowStride = 0, long offset = 0)
            : this(pixels ?? throw new ArgumentNullException(nameof(pixels)), offset, width, height, format, rowStride) { }

        /// <inheritdoc cref="ImageView(byte[], int, int, PixelFormat, long, long)"/>
        public ImageView(ushort[] pixels, int width, int height, PixelFormat format, long rowStride = 0, long offset = 0)
            : this(pixels ?? throw new ArgumentNullException(nameof(pixels)), offset, width, height, format, rowStride) { }

        /// <inheritdoc cref="ImageView(byte[], int, int, PixelFormat, long, long)"/>
        public ImageView(float[] pixels, int width, int height, PixelFormat format, long rowStride = 0, long offset = 0)
            : this(pixels ?? throw new ArgumentNullException(nameof(pixels)), offset, width, height, format, rowStride) { }

        /// <summary>A picture behind a pointer, such as the Scan0 and Stride of a locked Bitmap.</summary>
        /// <param name="pixels">The first pixel of the top row. Nothing can be checked behind it.</param>
        /// <param name="width">Pixels in a row, 1 to 32768.</param>
        /// <param name="height">Rows, 1 to 32768.</param>
        /// <param name="format">How the pixels lie. Planes must follow each other without a gap; otherwise see Planar.</param>
        /// <param name="rowStride">Bytes from one row to the next below it; 0 = tightly packed, negative = bottom-up.</param>
        public ImageView(IntPtr pixels, int width, int height, PixelFormat format, long rowStride = 0)
            : this(null, pixels.ToInt64(), width, height, format, rowStride) { }

        /// <summary>A picture of three planes of bytes, an array each.</summary>
        /// <exception cref="TwinspectArgumentException">An array does not hold all of the rows.</exception>
        public static ImageView Planar(byte[] red, byte[] green, byte[] blue, int width, int height, long rowStride = 0, long offset = 0) =>
            new ImageView(Required(red, green, blue), new[] { offset, offset, offset }, width, height, PixelFormat.Rgb8Planar, rowStride, 0).Checked();

        /// <summary>A picture of three planes of 16-bit samples, an array each.</summary>
        /// <exception cref="TwinspectArgumentException">An array does not hold all of the rows.</exception>
        public static ImageView Planar(ushort[] red, ushort[] green, ushort[] blue, int width, int height, long rowStride = 0, long offset = 0) =>
            new ImageView(Required(red, green, blue), new[] { offset, offset, offset }, width, height, PixelFormat.Rgb16Planar, rowStride, 0).Checked();

        /// <summary>A picture of three planes behind pointers, as HALCON's get_image_pointer3 gives them.</summary>
        public static ImageView Planar(IntPtr red, IntPtr green, IntPtr blue, int width, int height,
            PixelFormat format = PixelFormat.Rgb8Planar, long rowStride = 0) =>
            new ImageView(null, new[] { red.ToInt64(), green.ToInt64(), blue.ToInt64() }, width, height, format, rowStride, 0);

        private ImageView(Array pixels, long origin, int width, int height, PixelFormat format, long rowStride)
            : this(pixels == null ? null : new[] { pixels, pixels, pixels }, Planes(origin, width, height, format, rowStride),
                width, height, format, rowStride, 0)
        {
            Checked();
        }

        private ImageView(Array[] arrays, long[] origins, int width, int height, PixelFormat format, long rowStride, double white)
        {
            this.arrays = arrays;
            this.origins = origins;
            Width = width;
            Height = height;
            Format = format;
            RowStride = rowStride;
            White = white;
        }

        /// <summary>Pixels in a row.</summary>
        public int Width { get; }

        /// <summary>Rows.</summary>
        public int Height { get; }

        /// <summary>How the pixels lie.</summary>
        public PixelFormat Format { get; }

        /// <summary>Bytes from one row to the next below it; 0 = tightly packed, negative = bottom-up.</summary>
        public long RowStride { get; }

        /// <summary>The value that means full scale; 0 = 255, 65535 or 1.0 by the format.</summary>
        public double White { get; }

        /// <summary>The same pixels where this value means full scale: 4095 for a 12-bit camera.</summary>
        public ImageView WithWhite(double white) => new ImageView(arrays, origins, Width, Height, Format, RowStride, white);

        /// <summary>A rectangle of the picture, without copying: a region of interest.</summary>
        /// <exception cref="TwinspectArgumentException">It is empty or not inside.</exception>
        public ImageView Crop(int x, int y, int width, int height)
        {
            if (x < 0 || y < 0 || width < 1 || height < 1 || width > Width - x || height > Height - y)
            {
                throw Failure.Argument(
                    FormattableString.Invariant($"a rectangle of {width} x {height} at ({x}, {y}) is not inside of a picture of {Width} x {Height}"),
                    "Use a rectangle of at least one pixel that lies inside.", "Crop");
            }
            // What was tightly packed is so no longer, and the planes do not follow each other any more.
            var stride = RowStride == 0 ? (long)Width * Format.PixelBytes() : RowStride;
            var moved = new long[3];
            for (var i = 0; i < 3; ++i) moved[i] = origins[i] + y * stride + (long)x * Format.PixelBytes();
            return new ImageView(arrays, moved, width, height, Format, stride, White);
        }

        /// <summary>Makes all checks that an inspection makes, and no other work.</summary>
        /// <exception cref="TwinspectArgumentException">The picture cannot be used.</exception>
        public void Check() => Failure.Check(LibraryLoader.Run(CheckStatus));

        private unsafe int CheckStatus()
        {
            var pinned = new PinnedImage();
            try
            {
                return NativeMethods.tsp_image_check(pinned.Pin(this, &pinned.Image));
            }
            finally
            {
                pinned.Release();
            }
        }

        internal Array ArrayOf(int plane) => arrays?[plane];

        internal long OriginOf(int plane) => origins[plane];

        /// <summary>Planes that follow each other. What is out of range wraps around, and is refused later.</summary>
        private static long[] Planes(long origin, int width, int height, PixelFormat format, long rowStride)
        {
            var stride = rowStride == 0 ? (long)width * format.PixelBytes() : rowStride;
            var plane = format.IsPlanar() ? unchecked((stride < 0 ? -stride : stride) * height) : 0;
            return new[] { origin, unchecked(origin + plane), unchecked(origin + 2 * plane) };
        }

        private static Array[] Required(Array red, Array green, Array blue) => new[]
        {
            red ?? throw new ArgumentNullException(nameof(red)),
            green ?? throw new ArgumentNullException(nameof(green)),
            blue ?? throw new ArgumentNullException(nameof(blue)),
        };

        private ImageView Checked()
        {
            for (var i = 0; arrays != null && i < (Format.IsPlanar() ? 3 : 1); ++i)
            {
                CheckExtent(Buffer.ByteLength(arrays[i]), origins[i], Width, Height, Format, RowStride);
            }
            return this;
        }

        /// <summary>Throws if rows lie outside of their memory. Other sizes and formats are refused by the library.</summary>
        internal static void CheckExtent(long bytes, long origin, int width, int height, PixelFormat format, long rowStride)
        {
            if (width < 1 || height < 1 || format.PixelBytes() == 0 || Holds(bytes, origin, width, height, format, rowStride)) return;
            throw Failure.Argument(
                FormattableString.Invariant(
                    $"{bytes} bytes do not hold {width} x {height} pixels of {format} from byte {origin} on, {rowStride} bytes a row (0 = tightly packed)"),
                "Give memory that holds all rows; the offset of a bottom-up picture is that of the top row, which comes last.", "pixels");
        }

        private static bool Holds(long bytes, long origin, int width, int height, PixelFormat format, long rowStride)
        {
            try
            {
                checked
                {
                    var row = (long)width * format.PixelBytes();
                    var last = origin + (rowStride == 0 ? row : rowStride) * (height - 1);
                    return Math.Min(origin, last) >= 0 && Math.Max(origin, last) + row <= bytes;
                }
            }
            catch (OverflowException)
            {
                return false;
            }
        }
    }
}
