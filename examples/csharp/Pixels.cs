using System;
using System.Diagnostics;
using System.Threading.Tasks;
using Twinspect;

// pixels MODEL PICTURE.bmp DRAWN.bmp: hands a bitmap's own pixels over, without copying, and draws the defects into another one.
static class Pixels
{
    static int Main(string[] arguments)
    {
        using (var model = Model.Load(arguments[0]))
        using (var bitmap = Bitmap.Load(arguments[1]))
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            // The first frame of this size need not wait for memory and threads any more.
            inspector.WarmUp(FormatOf(bitmap), bitmap.Width, bitmap.Height);
            inspector.Inspect(View(bitmap), result);
            var summary = result.Summary;
            Console.WriteLine(FormattableString.Invariant($"{summary.Verdict}, score {summary.Score:F2}, {inspector.Timing.TotalMs:F0} ms"));

            // A part of the picture is a picture: nothing is copied, and coordinates are the part's.
            var half = View(bitmap).Crop(0, 0, bitmap.Width / 2, bitmap.Height);
            using (var left = inspector.Inspect(half)) Console.WriteLine(FormattableString.Invariant($"left half: {left.Summary.MapWidth} x {left.Summary.MapHeight}"));

            // Another bitmap's pixels are written; its rows may lie the other way round.
            using (var drawn = new Bitmap(bitmap.Width, bitmap.Height, 3, false))
            {
                result.Render(View(bitmap), View(drawn));
                drawn.Save(arguments[2]);
            }
            return Together(model, bitmap, summary.Score);
        }
    }

    /// <summary>
    /// With System.Drawing the same four values are those of BitmapData, between LockBits and UnlockBits: Scan0, Width, Height,
    /// Stride; Format24bppRgb is Bgr8, Format32bppArgb is Bgra8, Format8bppIndexed with a gray palette is Gray8.
    /// </summary>
    static ImageView View(Bitmap bitmap) => new ImageView(bitmap.Scan0, bitmap.Width, bitmap.Height, FormatOf(bitmap), bitmap.Stride);

    static PixelFormat FormatOf(Bitmap bitmap) => bitmap.BytesPerPixel == 4 ? PixelFormat.Bgra8 : PixelFormat.Bgr8;

    /// <summary>Two threads share the model and the pixels; each has an inspector of its own.</summary>
    static int Together(Model model, Bitmap bitmap, float expected)
    {
        // Else each of them would use all cores, and wait for the other.
        Library.SetThreads(1);
        var watch = Stopwatch.StartNew();
        Func<int> work = () =>
        {
            var same = 0;
            using (var inspector = new Inspector(model))
            using (var result = new Result())
            {
                for (var frame = 0; frame < 10; ++frame)
                {
                    inspector.Inspect(View(bitmap), result);
                    // Another number of threads adds up in another order: the last digits may differ.
                    if (Math.Abs(result.Summary.Score - expected) <= 1e-4f * expected) ++same;
                }
            }
            return same;
        };
        Task<int> one = Task.Run(work), other = Task.Run(work);
        var total = one.Result + other.Result;
        Console.WriteLine("{0} of 20 scores are the same, {1} ms a frame", total, watch.ElapsedMilliseconds / 20);
        return total == 20 ? 0 : 1;
    }
}
