using System;
using System.IO;
using Twinspect;

// Parts as a camera would show them: small, and the same in every run and on every runtime.
static class Parts
{
    public const int Width = 96;
    public const int Height = 80;

    /// <summary>A gray plate with a bright disc and two holes, as tightly packed BGR; a defective one has a dark scratch.</summary>
    public static byte[] Draw(uint seed, bool defective)
    {
        var state = seed * 2654435761u + 1;
        Func<double, double> noise = most =>
        {
            state = state * 1664525u + 1013904223u;
            return most * (2.0 * (state >> 8) / 16777216.0 - 1.0);
        };
        double dx = noise(0.7), dy = noise(0.7);
        var pixels = new byte[Width * Height * 3];
        var at = 0;
        for (var y = 0; y < Height; ++y)
        {
            for (var x = 0; x < Width; ++x)
            {
                double u = x - Width / 2.0 - dx, v = y - Height / 2.0 - dy;
                double gray = u * u + v * v < 32 * 32 ? 180 : 95;
                if ((u - 18) * (u - 18) + v * v < 36 || (u + 18) * (u + 18) + v * v < 36) gray = 40;
                if (defective && Math.Abs(u - 0.5 * v) < 2.5 && v > -22 && v < 4) gray = 25;
                gray += noise(6);
                foreach (var tint in new[] { 0.7, 0.9, 1.0 }) pixels[at++] = (byte)Math.Max(0, Math.Min(255, gray * tint));
            }
        }
        return pixels;
    }

    public static ImageView View(byte[] bgr) => new ImageView(bgr, Width, Height, PixelFormat.Bgr8);

    public static ImageView Good(uint seed) => View(Draw(seed, false));

    public static ImageView Bad(uint seed) => View(Draw(seed, true));

    /// <summary>The least input that the backbone takes; one thread, so that bits do not depend on the machine's cores.</summary>
    public static Options SmallOptions() => new Options().Set("input.size", 96).Set("threads", 1);

    public static Fitter FitterOf(uint count)
    {
        using (var options = SmallOptions())
        {
            var fitter = new Fitter(options);
            for (uint seed = 1; seed <= count; ++seed) fitter.Add(Good(seed), "good " + seed);
            return fitter;
        }
    }

    public static Model Fit()
    {
        using (var fitter = FitterOf(12)) return fitter.Fit();
    }

    /// <summary>Writes a part as BMP, for programs that read files.</summary>
    public static void Write(string path, byte[] bgr)
    {
        const int Row = 3 * Width;
        var file = new byte[54 + bgr.Length];
        var head = new[] { 0x42, 0x4D, file.Length & 255, file.Length >> 8 & 255, file.Length >> 16, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, Width, 0, 0, 0, Height, 0, 0, 0, 1, 0, 24 };
        for (var i = 0; i < head.Length; ++i) file[i] = (byte)head[i];
        // Bottom-up, and without gaps, as a row is a multiple of four bytes.
        for (var y = 0; y < Height; ++y) Array.Copy(bgr, y * Row, file, 54 + (Height - 1 - y) * Row, Row);
        File.WriteAllBytes(path, file);
    }
}
