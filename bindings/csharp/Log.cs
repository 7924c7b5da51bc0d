using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Twinspect.Loading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>How much is said; each level includes those before it.</summary>
    public enum LogLevel
    {
        /// <summary>Nothing.</summary>
        Off = 0,

        /// <summary>Defects of twinspect.</summary>
        Error = 1,

        /// <summary>What a person should know before relying on a model that was fitted or loaded.</summary>
        Warning = 2,

        /// <summary>Each model that was fitted or loaded.</summary>
        Info = 3,
    }

    /// <summary>What the library has to say beside its errors, for the whole process; silent by default.</summary>
    public static unsafe class Log
    {
        private static readonly object Gate = new object();
        // In a field, so that the library's pointer to it is never collected.
        private static readonly tsp_log Callback = Call;
        private static GCHandle current;

        /// <summary>Sends messages up to this level to a function; null = silence, as at the start.</summary>
        /// <param name="level">How much is said.</param>
        /// <param name="function">
        /// Called on any thread, but on one at a time. What it throws is dropped. When this call returns, the function of
        /// before is not called any more.
        /// </param>
        /// <exception cref="TwinspectStateException">Busy, from the log function itself or if two threads set it at once.</exception>
        public static void Set(LogLevel level, Action<LogLevel, string> function)
        {
            LibraryLoader.Ensure();
            Replace(level, function);
        }

        // Not inlined: mono looks for the library when it compiles what calls it.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Replace(LogLevel level, Action<LogLevel, string> function)
        {
            // Not to be waited for: who holds it may be waiting for the log function of this thread.
            if (!Monitor.TryEnter(Gate)) throw Failure.Busy("another call sets the log");
            try
            {
                var next = function == null ? new GCHandle() : GCHandle.Alloc(function);
                var status = NativeMethods.tsp_set_log((int)level, function == null ? null : Callback,
                    function == null ? IntPtr.Zero : GCHandle.ToIntPtr(next));
                // On failure the function of before stays, and the new one goes.
                var gone = status == (int)ErrorCode.Ok ? current : next;
                if (status == (int)ErrorCode.Ok) current = next;
                if (gone.IsAllocated) gone.Free();
                Failure.Check(status);
            }
            finally
            {
                Monitor.Exit(Gate);
            }
        }

        private static void Call(IntPtr userData, int level, byte* message)
        {
            try
            {
                ((Action<LogLevel, string>)GCHandle.FromIntPtr(userData).Target)((LogLevel)level, Utf8.Read(message));
            }
            catch
            {
                // Nothing may be thrown through the library, and a log has nobody to report to.
            }
        }
    }
}
