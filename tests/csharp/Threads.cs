using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Twinspect;

// Several threads, and the collector at work during calls.
static class Threads
{
    public static void Run(Model model)
    {
        Check.Run("collections_during_calls_do_not_change_a_score", () => Collections_do_not_change_a_score(model));
        Check.Run("objects_that_only_a_call_holds_are_not_freed", Objects_that_only_a_call_holds);
        Check.Run("threads_share_a_model", () => Threads_share_a_model(model));
        Check.Run("second_thread_in_an_object_is_busy_and_nothing_breaks", () => Second_thread_is_busy(model));
        Check.Run("dispose_during_a_call_waits_for_it", () => Dispose_during_a_call(model));
    }

    static void Collections_do_not_change_a_score(Model model)
    {
        var images = Enumerable.Range(0, 6).Select(i => i % 2 == 0 ? Parts.Draw((uint)i + 400, false) : Parts.Draw((uint)i + 400, true)).ToArray();
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            Func<byte[], uint> score = pixels =>
            {
                inspector.Inspect(Parts.View(pixels), result);
                return Check.Bits(result.Map().Sum());
            };
            var expected = images.Select(score).ToArray();
            var done = false;
            long collections = 0;
            var storm = new Thread(() =>
            {
                while (!Volatile.Read(ref done))
                {
                    // Garbage of the pictures' size, so that collections move what is not pinned.
                    for (var i = 0; i < 8; ++i) GC.KeepAlive(new byte[images[0].Length]);
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    ++collections;
                }
            });
            storm.Start();
            var wrong = 0;
            for (var round = 0; round < 10; ++round)
            {
                // New arrays each time: young, and so likely to be moved. A batch, as its last pictures are read late in the call.
                var moved = images.Select(pixels => Parts.View((byte[])pixels.Clone())).ToArray();
                var results = images.Select(pixels => new Result()).ToArray();
                inspector.InspectBatch(moved, results);
                for (var i = 0; i < images.Length; ++i)
                {
                    if (Check.Bits(results[i].Map().Sum()) != expected[i]) ++wrong;
                    results[i].Dispose();
                    if (score((byte[])images[i].Clone()) != expected[i]) ++wrong;
                }
            }
            Volatile.Write(ref done, true);
            storm.Join();
            Check.Equal(wrong, 0, "wrong maps of 120, in " + collections + " collections");
            Check.That(collections >= 20, collections + " collections are a storm");
        }
    }

    static void Objects_that_only_a_call_holds()
    {
        var stop = false;
        var storm = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        storm.Start();
        try
        {
            // Nothing is disposed of, and nothing but the running call refers to what it works with.
            var expected = Fresh_score();
            for (var i = 0; i < 5; ++i) Check.Equal(Fresh_score(), expected, "score");
        }
        finally
        {
            Volatile.Write(ref stop, true);
            storm.Join();
        }
    }

    static uint Fresh_score() => Check.Bits(new Inspector(Parts.FitterOf(4).Fit()).Inspect(Parts.Bad(7)).Summary.Score);

    static void Threads_share_a_model(Model model)
    {
        var parts = Enumerable.Range(0, 8).Select(i => Parts.Bad((uint)i + 500)).ToArray();
        Func<ImageView, Inspector, uint> score = (part, inspector) =>
        {
            using (var result = inspector.Inspect(part)) return Check.Bits(result.Summary.Score);
        };
        uint[] expected;
        using (var inspector = new Inspector(model)) expected = parts.Select(part => score(part, inspector)).ToArray();
        var tasks = Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            using (var inspector = new Inspector(model))
            {
                return Enumerable.Range(0, 24).Count(i => score(parts[(i + thread) % 8], inspector) != expected[(i + thread) % 8]);
            }
        })).ToArray();
        Task.WaitAll(tasks);
        Check.Equal(tasks.Sum(task => task.Result), 0, "wrong scores of 96");
    }

    static void Second_thread_is_busy(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var shared = new Result())
        {
            inspector.Inspect(Parts.Bad(1), shared);
            var expected = Check.Bits(shared.Summary.Score);
            var tasks = Enumerable.Range(0, 3).Select(thread => Task.Run(() =>
            {
                var busy = 0;
                for (var i = 0; i < 40; ++i)
                {
                    try
                    {
                        inspector.Inspect(Parts.Bad(1), shared);
                        shared.Regions();
                    }
                    catch (TwinspectStateException exception) when (exception.Code == ErrorCode.Busy)
                    {
                        ++busy;
                    }
                }
                return busy;
            })).ToArray();
            Task.WaitAll(tasks);
            Check.That(tasks.Sum(task => task.Result) > 0, "three threads in one inspector collide");
            inspector.Inspect(Parts.Bad(1), shared);
            Check.Equal(Check.Bits(shared.Summary.Score), expected, "the score afterwards");
        }
    }

    static void Dispose_during_a_call(Model model)
    {
        for (var i = 0; i < 20; ++i)
        {
            var inspector = new Inspector(model);
            var result = new Result();
            var view = Parts.Bad((uint)i + 600);
            var call = Task.Run(() =>
            {
                try
                {
                    inspector.Inspect(view, result);
                }
                catch (ObjectDisposedException)
                {
                    // Disposed of before the call began.
                }
            });
            Thread.Sleep(i % 5);
            inspector.Dispose();
            result.Dispose();
            call.Wait();
        }
    }
}
