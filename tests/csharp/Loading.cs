using System;
using Twinspect;

// Tries to load the library and says what became of it. Run by loading.sh, with a library that is missing, damaged, or another.
static class Loading
{
    static int Main(string[] arguments)
    {
        if (arguments.Length == 2)
        {
            // First as the environment says, then with this file, in the same process.
            Say("first", Library.Load);
            Environment.SetEnvironmentVariable("TWINSPECT_LIBRARY", arguments[1]);
        }
        if (arguments.Length > 0 && arguments[0] == "everywhere")
        {
            // Every way to a first call says the same.
            Say("Options", () => new Options());
            Say("Options.Table", () => Options.Table());
            Say("Fitter", () => new Fitter());
            Say("Model.Load", () => Model.Load("part.twin"));
            Say("Model.FromBytes", () => Model.FromBytes(new byte[1]));
            Say("Result", () => new Result());
            Say("ImageView.Check", () => new ImageView(new byte[1], 1, 1, PixelFormat.Gray8).Check());
            Say("Threshold.FromScores", () => Threshold.FromScores(new float[9], 0.1));
            Say("Library.Version", () => { var version = Library.Version; });
            Say("Library.BuildInfo", () => { var info = Library.BuildInfo; });
            Say("Library.HasFeature", () => Library.HasFeature("cuda"));
            Say("Library.SetThreads", () => Library.SetThreads(1));
            Say("Library.Devices", () => Library.Devices());
            Say("Log.Set", () => Log.Set(LogLevel.Off, null));
            Say("Variation", () => new Variation(1, 1));
            Say("Variation.Read", () => Variation.Read("part.variation"));
            Say("Variation.FromBytes", () => Variation.FromBytes(new byte[1]));
            return 0;
        }
        Say("load", () => Console.WriteLine("load: version " + Library.Version));
        return 0;
    }

    static void Say(string what, Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception)
        {
            Console.WriteLine(what + ": " + exception.GetType().Name + ": " + exception.Message);
        }
    }
}
