using System;
using System.IO;
using System.Runtime.InteropServices;

/// <summary>
/// As much of System.Drawing.Bitmap as these examples need, for systems that have none: memory of its own with a Scan0 and a
/// Stride, which is negative where the rows lie bottom-up, as they do in files of 24 or 32 bits a pixel.
/// </summary>
sealed class Bitmap : IDisposable
{
    private const int HeadBytes = 54;
    private readonly IntPtr memory;

    public Bitmap(int width, int height, int bytesPerPixel, bool bottomUp)
    {
        Width = width;
        Height = height;
        BytesPerPixel = bytesPerPixel;
        // Rows are padded to four bytes.
        RowBytes = (width * bytesPerPixel + 3) / 4 * 4;
        memory = Marshal.AllocHGlobal(RowBytes * height);
        Stride = bottomUp ? -RowBytes : RowBytes;
        Scan0 = bottomUp ? memory + (height - 1) * RowBytes : memory;
    }

    public int Width { get; }
    public int Height { get; }
    public int BytesPerPixel { get; }
    private int RowBytes { get; }

    /// <summary>The first pixel of the top row.</summary>
    public IntPtr Scan0 { get; }

    /// <summary>Bytes from one row to the next below it.</summary>
    public int Stride { get; }

    public static Bitmap Load(string path)
    {
        var file = File.ReadAllBytes(path);
        if (file.Length < HeadBytes || file[0] != 'B' || file[1] != 'M') throw new InvalidDataException(path + " is no BMP file");
        int pixels = BitConverter.ToInt32(file, 10), width = BitConverter.ToInt32(file, 18), height = BitConverter.ToInt32(file, 22);
        int bits = BitConverter.ToInt16(file, 28), compression = BitConverter.ToInt32(file, 30);
        if (width < 1 || width > 32768 || height == 0 || Math.Abs((long)height) > 32768 || bits != 24 && bits != 32 || compression != 0)
        {
            throw new InvalidDataException(path + " has not 24 or 32 bits a pixel, or is compressed");
        }
        var bitmap = new Bitmap(width, Math.Abs(height), bits / 8, height > 0);
        var count = bitmap.RowBytes * bitmap.Height;
        if (pixels < HeadBytes || file.Length - pixels < count) throw new InvalidDataException(path + " is cut off");
        Marshal.Copy(file, pixels, bitmap.memory, count);
        return bitmap;
    }

    public void Save(string path)
    {
        var file = new byte[HeadBytes + RowBytes * Height];
        file[0] = (byte)'B';
        file[1] = (byte)'M';
        Action<int, int> put = (at, value) => BitConverter.GetBytes(value).CopyTo(file, at);
        put(2, file.Length);
        put(10, HeadBytes);
        put(14, 40);
        put(18, Width);
        put(22, Stride < 0 ? Height : -Height);
        put(26, 1 | BytesPerPixel * 8 << 16);
        Marshal.Copy(memory, file, HeadBytes, RowBytes * Height);
        File.WriteAllBytes(path, file);
    }

    public void Dispose() => Marshal.FreeHGlobal(memory);
}
