using System;
using System.IO;
using System.Linq;
using Twinspect;

// inspect GOOD NEW [KEY=VALUE ...]: learns from a folder of pictures of good parts, inspects those of another folder.
// Ends with 0 if all are good, 1 if one is not, 2 if something went wrong.
static class Inspect
{
    static int Main(string[] arguments)
    {
        if (arguments.Length < 2)
        {
            Console.Error.WriteLine("inspect GOOD NEW [KEY=VALUE ...]");
            return 2;
        }
        try
        {
            using (var options = new Options())
            {
                foreach (var setting in arguments.Skip(2).Select(argument => argument.Split(new[] { '=' }, 2))) options.Set(setting[0], setting[1]);
                using (var model = Fit(Directory.GetFiles(arguments[0]), options)) return InspectAll(Directory.GetFiles(arguments[1]), model);
            }
        }
        catch (Exception exception) when (exception is TwinspectException || exception is TwinspectLibraryException || exception is IOException)
        {
            // One line that says what is wrong, where, and what to do about it.
            Console.Error.WriteLine(exception.Message);
            return 2;
        }
    }

    static Model Fit(string[] files, Options options)
    {
        using (var fitter = new Fitter(options))
        {
            foreach (var file in files.OrderBy(file => file, StringComparer.Ordinal)) fitter.AddFile(file);
            return fitter.Fit(new Status());
        }
    }

    sealed class Status : IProgress<WorkProgress>
    {
        public void Report(WorkProgress progress) => Console.Error.Write("\r{0} {1}/{2}   ", progress.Stage, progress.Done, progress.Total);
    }

    static int InspectAll(string[] files, Model model)
    {
        Console.Error.WriteLine();
        var verdicts = new int[4];
        // One inspector and one result for all pictures: after the first one the library needs no new memory.
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            foreach (var file in files.OrderBy(file => file, StringComparer.Ordinal))
            {
                using (var bitmap = Bitmap.Load(file))
                {
                    var format = bitmap.BytesPerPixel == 4 ? PixelFormat.Bgra8 : PixelFormat.Bgr8;
                    inspector.Inspect(new ImageView(bitmap.Scan0, bitmap.Width, bitmap.Height, format, bitmap.Stride), result);
                }
                var summary = result.Summary;
                ++verdicts[(int)summary.Verdict];
                Console.WriteLine(FormattableString.Invariant($"{summary.Verdict,-9}  score {summary.Score,7:F2}  threshold {summary.Threshold:F2}  {Path.GetFileName(file)}"));
                foreach (var region in result.Regions())
                {
                    Console.WriteLine(FormattableString.Invariant($"           {region.Area} pixels at ({region.X}, {region.Y}), {region.Width} x {region.Height}, peak {region.Peak:F2}"));
                }
            }
        }
        Console.WriteLine("{0} good, {1} defect, {2} undecided", verdicts[(int)Verdict.Good], verdicts[(int)Verdict.Defect], verdicts[(int)Verdict.Undecided]);
        return verdicts[(int)Verdict.Good] == files.Length ? 0 : 1;
    }
}
