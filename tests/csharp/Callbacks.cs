using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Twinspect;

// Progress, cancelling, exceptions out of callbacks, the log.
static class Callbacks
{
    /// <summary>Unlike Progress, which reports on another thread some time later.</summary>
    public sealed class Now : IProgress<WorkProgress>
    {
        private readonly Action<WorkProgress> function;
        public Now(Action<WorkProgress> function) { this.function = function; }
        public void Report(WorkProgress value) { function(value); }
    }

    sealed class Stop : Exception
    {
        public Stop(string message) : base(message) { }
    }

    public static void Run(Model model)
    {
        Check.Run("progress_reports_on_this_thread_and_ends_with_all_done", Progress_reports);
        Check.Run("cancelled_fit_throws_with_its_token_and_can_be_fitted_again", Cancelled_fit);
        Check.Run("exception_of_a_callback_comes_out_of_fit_with_its_stack", Exception_comes_out);
        Check.Run("fitter_used_by_its_own_callback_is_busy", Fitter_in_callback_is_busy);
        Check.Run("batch_can_be_watched_and_read_and_cancelled", () => Batch_can_be_cancelled(model));
        Check.Run("callbacks_survive_collections", Callbacks_survive_collections);
        Check.Run("log_says_what_was_fitted_and_is_silent_again", Log_speaks);
    }

    static void Progress_reports()
    {
        var seen = new List<WorkProgress>();
        var threads = new HashSet<int>();
        using (var fitter = Parts.FitterOf(4))
        {
            fitter.Fit(new Now(progress =>
            {
                seen.Add(progress);
                threads.Add(Thread.CurrentThread.ManagedThreadId);
            })).Dispose();
            Check.Equal(string.Join(" ", threads), Thread.CurrentThread.ManagedThreadId.ToString(), "threads");
            Check.That(seen.Count > 0 && seen.All(progress => progress.Stage != "" && progress.Done <= progress.Total), "done is not more than total");
            Check.Equal(seen.Last().Done, seen.Last().Total, "the last step");
            // Who watched one call does not watch the next.
            var count = seen.Count;
            fitter.Fit().Dispose();
            Check.Equal(seen.Count, count, "reports after the call");
        }
    }

    static void Cancelled_fit()
    {
        using (var fitter = Parts.FitterOf(4))
        using (var source = new CancellationTokenSource())
        {
            var cancelled = Check.Throws<OperationCanceledException>(() => fitter.Fit(new Now(progress => source.Cancel()), source.Token));
            Check.Equal(cancelled.CancellationToken, source.Token, "token");
            var steps = 0;
            Check.Throws<OperationCanceledException>(() => fitter.Fit(new Now(progress => ++steps), source.Token));
            Check.Equal(steps, 0, "steps with a token that was cancelled before");
            using (var model = fitter.Fit(null, new CancellationTokenSource().Token)) Check.Equal(model.Summary.ImageCount, 4, "pictures");
        }
    }

    static void Throw_stop() { throw new Stop("by the host"); }

    static void Exception_comes_out()
    {
        using (var fitter = Parts.FitterOf(4))
        {
            var stop = Check.Throws<Stop>(() => fitter.Fit(new Now(progress => Throw_stop())));
            Check.Equal(stop.Message, "by the host", "message");
            Check.Contains(stop.StackTrace, "Throw_stop");
            using (var model = fitter.Fit()) Check.Equal(model.Summary.ImageCount, 4, "pictures after it");
        }
    }

    static void Fitter_in_callback_is_busy()
    {
        using (var fitter = Parts.FitterOf(3))
        {
            Check.Equal(Check.Throws<TwinspectStateException>(() => fitter.Fit(new Now(progress => fitter.Fit()))).Code, ErrorCode.Busy, "code of Fit in Fit");
            Check.Equal(Check.Throws<TwinspectStateException>(() => fitter.Fit(new Now(progress => { var count = fitter.Count; }))).Code, ErrorCode.Busy,
                "code of Count in Fit");
            // Disposing of it while it works frees it afterwards.
            fitter.Fit(new Now(progress => fitter.Dispose())).Dispose();
            Check.Throws<ObjectDisposedException>(() => fitter.Fit());
        }
    }

    static void Batch_can_be_cancelled(Model model)
    {
        // So many, as they are reported on 20 times a second only.
        const int Count = 100;
        var images = Enumerable.Repeat(Parts.Bad(300), Count).ToArray();
        var results = images.Select(image => new Result()).ToArray();
        var statuses = new ErrorCode[Count];
        using (var inspector = new Inspector(model))
        using (var source = new CancellationTokenSource())
        {
            var read = 0;
            Check.Throws<OperationCanceledException>(() => inspector.InspectBatch(images, results, null, statuses, new Now(progress =>
            {
                if (progress.Done == 0) return;
                Check.That(results[progress.Done - 1].Regions().Count > 0, "a picture that is done can be read");
                if (progress.Done < progress.Total) Check.Throws<TwinspectStateException>(() => results[progress.Done].Regions());
                ++read;
                source.Cancel();
            }), source.Token));
            Check.Equal(read, 1, "results that were read");
            Check.Equal(statuses[0], ErrorCode.Ok, "the first status");
            Check.Equal(statuses[Count - 1], ErrorCode.Cancelled, "the last status");
            Check.Throws<Stop>(() => inspector.InspectBatch(images, results, null, null, new Now(progress => Throw_stop())));
            inspector.InspectBatch(images, results);
            Check.That(results[Count - 1].Summary.Verdict == Verdict.Defect, "and once more to the end");
        }
        foreach (var result in results) result.Dispose();
    }

    static void Callbacks_survive_collections()
    {
        using (var fitter = Parts.FitterOf(4))
        {
            for (var i = 0; i < 3; ++i)
            {
                var steps = 0;
                fitter.Fit(new Now(progress =>
                {
                    ++steps;
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                })).Dispose();
                Check.That(steps > 0, "it was called");
            }
        }
    }

    static void Log_speaks()
    {
        var lines = new List<string>();
        Log.Set(LogLevel.Info, (level, line) => lines.Add(level + " " + line));
        GC.Collect();
        using (var fitter = Parts.FitterOf(3)) fitter.Fit().Dispose();
        Check.That(lines.Any(line => line.StartsWith("Info ")), "a model that was fitted is said: " + string.Join("; ", lines));
        Exception inside = null;
        Log.Set(LogLevel.Info, (level, line) =>
        {
            try
            {
                Log.Set(LogLevel.Off, null);
            }
            catch (Exception exception)
            {
                inside = exception;
            }
            throw new Stop("out of a log function");
        });
        using (var fitter = Parts.FitterOf(3)) fitter.Fit().Dispose();
        Check.Equal(((TwinspectStateException)inside).Code, ErrorCode.Busy, "code from the log function");
        Log.Set(LogLevel.Off, null);
        var count = lines.Count;
        using (var fitter = Parts.FitterOf(3)) fitter.Fit().Dispose();
        Check.Equal(lines.Count, count, "lines after silence");
    }
}
