using System;
using System.Collections.Generic;

namespace Twinspect.Handles
{
    /// <summary>Results that a call writes into one after the other: nobody reads the next ones, or frees any.</summary>
    internal sealed class WrittenResults : IDisposable
    {
        private readonly IReadOnlyList<Result> results;
        private int held;
        private int begun;
        private int finished;

        internal WrittenResults(IReadOnlyList<Result> results)
        {
            this.results = results;
            Pointers = new IntPtr[results.Count];
            try
            {
                for (; begun < results.Count; ++begun)
                {
                    var result = results[begun] ?? throw new ArgumentNullException("results[" + begun + "]");
                    var added = false;
                    result.Handle.DangerousAddRef(ref added);
                    held = begun + 1;
                    result.Use.BeginWrite();
                    Pointers[begun] = result.Handle.DangerousGetHandle();
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        internal IntPtr[] Pointers { get; }

        /// <summary>The first of them are done, and may be read.</summary>
        internal void Finish(ulong count)
        {
            for (; finished < begun && (ulong)finished < count; ++finished) results[finished].Use.EndWrite();
        }

        public void Dispose()
        {
            Finish(ulong.MaxValue);
            for (; held > 0; --held) results[held - 1].Handle.DangerousRelease();
        }
    }
}
