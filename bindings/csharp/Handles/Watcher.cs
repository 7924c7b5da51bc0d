using System;
using System.Runtime.InteropServices;
using System.Threading;
using Twinspect.Native;

namespace Twinspect.Handles
{
    /// <summary>
    /// What a fitter or an inspector calls while it works. It is set once, when the object is made, and is told for each
    /// call who watches: so no call can leave a function behind that is gone.
    /// </summary>
    internal sealed unsafe class Watcher
    {
        /// <summary>The same for all, and in a static field: the library's pointer to it is never collected.</summary>
        internal static readonly tsp_progress Callback = Call;

        private GCHandle self;
        private Work current;

        internal Watcher() => self = GCHandle.Alloc(this);

        /// <summary>The library's user_data.</summary>
        internal IntPtr Address => GCHandle.ToIntPtr(self);

        internal void Free() => self.Free();

        /// <summary>From here to <see cref="End"/> the library's progress goes to this work.</summary>
        internal void Begin(Work work)
        {
            if (Interlocked.CompareExchange(ref current, work, null) != null)
            {
                throw Failure.Busy("the object is at work in another call");
            }
        }

        internal void End() => Volatile.Write(ref current, null);

        private static int Call(IntPtr userData, byte* stage, ulong done, ulong total)
        {
            // Nothing may be thrown through the library; what the user's code throws is kept by the work.
            var watcher = (Watcher)GCHandle.FromIntPtr(userData).Target;
            var work = Volatile.Read(ref watcher.current);
            return work == null ? 0 : work.Step(stage, done, total);
        }
    }
}
