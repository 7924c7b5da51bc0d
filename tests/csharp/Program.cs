using System;
using Twinspect;

// tests FOLDER [PART OF A NAME]: all tests, or those whose names contain it; "draw FOLDER" writes the pictures of the tests.
static class Program
{
    static int Main(string[] arguments)
    {
        if (arguments[0] == "draw")
        {
            CommandLine.Draw(arguments[1]);
            return 0;
        }
        var folder = arguments[0];
        if (arguments.Length > 1) Check.Filter = arguments[1];
        Library.SetThreads(1);
        using (var model = Parts.Fit())
        {
            Objects.Run(model, folder);
            Results.Run(model);
            Callbacks.Run(model);
            Cultures.Run(model);
            Variations.Run(folder);
            CommandLine.Run(folder);
#if TWINSPECT_MODERN
            Spans.Run(model);
#endif
            Threads.Run(model);
            Memory.Run(model);
        }
        return Check.Summary();
    }
}
