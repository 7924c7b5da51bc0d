using System;
using System.IO;
using Twinspect;

// P5 and P6 files of 8 or 16 bits, and their pixels in every format and layout.
sealed class Pnm
{
    public readonly int Width;
    public readonly int Height;
    public readonly int Channels;
    readonly int white;
    readonly ushort[] samples;

    public Pnm(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var at = 0;
        Func<string> word = () =>
        {
            var begin = at;
            while (bytes[at] > ' ') ++at;
            return System.Text.Encoding.ASCII.GetString(bytes, begin, at++ - begin);
        };
        var kind = word();
        if (kind != "P5" && kind != "P6") throw new InvalidDataException(path + " is no P5 or P6");
        Channels = kind == "P6" ? 3 : 1;
        Width = int.Parse(word());
        Height = int.Parse(word());
        white = int.Parse(word());
        samples = new ushort[Width * Height * Channels];
        for (var i = 0; i < samples.Length; ++i) samples[i] = white > 255 ? (ushort)(bytes[at + 2 * i] << 8 | bytes[at + 2 * i + 1]) : bytes[at + i];
    }

    /// <summary>The pixels in memory: layout is packed, padded or flipped (bottom-up).</summary>
    public ImageView View(PixelFormat format, string layout)
    {
        int sampleBytes, planes = 1;
        // Which channel of the file each sample of a pixel is; 3 = alpha.
        int[] order;
        switch (format)
        {
            case PixelFormat.Gray8: sampleBytes = 1; order = new[] { 0 }; break;
            case PixelFormat.Gray16: sampleBytes = 2; order = new[] { 0 }; break;
            case PixelFormat.GrayF32: sampleBytes = 4; order = new[] { 0 }; break;
            case PixelFormat.Bgr8: sampleBytes = 1; order = new[] { 2, 1, 0 }; break;
            case PixelFormat.Rgb8: sampleBytes = 1; order = new[] { 0, 1, 2 }; break;
            case PixelFormat.Bgra8: sampleBytes = 1; order = new[] { 2, 1, 0, 3 }; break;
            case PixelFormat.Rgba8: sampleBytes = 1; order = new[] { 0, 1, 2, 3 }; break;
            case PixelFormat.Rgb8Planar: sampleBytes = 1; order = new[] { 0 }; planes = 3; break;
            default: sampleBytes = 2; order = new[] { 0 }; planes = 3; break;
        }
        var pixelBytes = sampleBytes * order.Length;
        var rowBytes = Width * pixelBytes + (layout == "padded" ? sampleBytes == 1 ? 13 : 16 : 0);
        var planeBytes = rowBytes * Height;
        var bytes = new byte[planeBytes * planes];
        for (var i = 0; i < bytes.Length; ++i) bytes[i] = 0xA5;
        for (var plane = 0; plane < planes; ++plane)
        {
            for (var y = 0; y < Height; ++y)
            {
                var row = plane * planeBytes + (layout == "flipped" ? Height - 1 - y : y) * rowBytes;
                for (var x = 0; x < Width; ++x)
                {
                    for (var i = 0; i < order.Length; ++i)
                    {
                        var sample = Sample(y * Width + x, planes == 3 ? plane : order[i], sampleBytes);
                        sample.CopyTo(bytes, row + x * pixelBytes + i * sampleBytes);
                    }
                }
            }
        }
        if (layout == "flipped") return new ImageView(bytes, Width, Height, format, -rowBytes, (Height - 1) * rowBytes);
        return new ImageView(bytes, Width, Height, format, layout == "packed" ? 0 : rowBytes);
    }

    /// <summary>The pixels as they are: RGB8 or GRAY8, tightly packed.</summary>
    public ImageView View() => View(Channels == 3 ? PixelFormat.Rgb8 : PixelFormat.Gray8, "packed");

    byte[] Sample(int pixel, int channel, int sampleBytes)
    {
        var value = channel == 3 ? (ushort)0 : samples[pixel * Channels + channel];
        if (sampleBytes == 1) return new[] { (byte)value };
        return sampleBytes == 2 ? BitConverter.GetBytes(value) : BitConverter.GetBytes((float)((float)value / (float)white));
    }
}
