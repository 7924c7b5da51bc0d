using System;
using System.Collections.Generic;
using System.Diagnostics;

// A test program runs its tests, says which ones failed and why, and ends with 1 if one did.
static class Check
{
    private static int passed;
    private static readonly List<string> Failures = new List<string>();

    /// <summary>Names of tests that contain this are run.</summary>
    public static string Filter = "";

    public static void Run(string name, Action test)
    {
        if (name.IndexOf(Filter, StringComparison.Ordinal) < 0) return;
        var watch = Stopwatch.StartNew();
        try
        {
            test();
            ++passed;
            Console.WriteLine("ok      {0,6} ms  {1}", watch.ElapsedMilliseconds, name);
        }
        catch (Exception exception)
        {
            Failures.Add(name);
            Console.WriteLine("FAILED  {0,6} ms  {1}\n{2}", watch.ElapsedMilliseconds, name, exception);
        }
    }

    public static int Summary()
    {
        Console.WriteLine("{0} passed, {1} failed {2}", passed, Failures.Count, string.Join(", ", Failures));
        return Failures.Count == 0 && passed > 0 ? 0 : 1;
    }

    public static void That(bool claim, string words)
    {
        if (!claim) throw new Exception("not so: " + words);
    }

    public static void Equal<T>(T actual, T expected, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(actual, expected)) throw new Exception(what + " is " + actual + ", not " + expected);
    }

    public static void Contains(string text, string part)
    {
        if (text.IndexOf(part, StringComparison.Ordinal) < 0) throw new Exception("'" + part + "' is not in '" + text + "'");
    }

    /// <summary>Runs what must throw exactly this, and gives it.</summary>
    public static T Throws<T>(Action work) where T : Exception
    {
        try
        {
            work();
        }
        catch (T exception) when (exception.GetType() == typeof(T))
        {
            return exception;
        }
        catch (Exception exception)
        {
            throw new Exception("thrown was not " + typeof(T).Name + ": " + exception);
        }
        throw new Exception("nothing was thrown where " + typeof(T).Name + " was expected");
    }

    /// <summary>So that scores are compared by their bits.</summary>
    public static uint Bits(float value) => BitConverter.ToUInt32(BitConverter.GetBytes(value), 0);
}
