using System;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace Twinspect.Handles
{
    /// <summary>One call that can be watched and cancelled.</summary>
    internal sealed class Work
    {
        private readonly IProgress<WorkProgress> progress;
        private readonly CancellationToken cancellation;
        private readonly Action<ulong> finished;
        private ExceptionDispatchInfo thrown;

        /// <param name="progress">Who watches; null = nobody.</param>
        /// <param name="cancellation">Asked at each step.</param>
        /// <param name="finished">Told how many steps are done, before who watches is; null = nobody.</param>
        internal Work(IProgress<WorkProgress> progress, CancellationToken cancellation, Action<ulong> finished = null)
        {
            this.progress = progress;
            this.cancellation = cancellation;
            this.finished = finished;
            cancellation.ThrowIfCancellationRequested();
        }

        /// <summary>0 to go on, 1 to cancel. Throws nothing.</summary>
        internal unsafe int Step(byte* stage, ulong done, ulong total)
        {
            try
            {
                finished?.Invoke(done);
                progress?.Report(new WorkProgress(Utf8.Read(stage), (long)done, (long)total));
                return cancellation.IsCancellationRequested ? 1 : 0;
            }
            catch (Exception exception)
            {
                thrown = ExceptionDispatchInfo.Capture(exception);
                return 1;
            }
        }

        /// <summary>After the call: throws what was thrown while it ran, or what its status stands for.</summary>
        internal void Check(int status)
        {
            thrown?.Throw();
            if (status != (int)ErrorCode.Ok) throw Failure.Of((ErrorCode)status, cancellation);
        }
    }
}
