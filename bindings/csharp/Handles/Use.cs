using System.Threading;

namespace Twinspect.Handles
{
    /// <summary>
    /// Who is at a result's memory: any number of readers, or one call that replaces it. The library guards its own calls; this
    /// guards what is read behind its pointers after a call has returned.
    /// </summary>
    internal sealed class Use
    {
        private const int Writer = -1;
        private int readers;

        internal void BeginRead()
        {
            while (true)
            {
                var seen = Volatile.Read(ref readers);
                if (seen == Writer) throw Failure.Busy("the result is being inspected into");
                if (Interlocked.CompareExchange(ref readers, seen + 1, seen) == seen) return;
            }
        }

        internal void EndRead() => Interlocked.Decrement(ref readers);

        internal void BeginWrite()
        {
            var seen = Interlocked.CompareExchange(ref readers, Writer, 0);
            if (seen == Writer) throw Failure.Busy("the result is being inspected into by another call");
            if (seen != 0) throw Failure.Busy("the result is being read");
        }

        internal void EndWrite() => Volatile.Write(ref readers, 0);
    }
}
