using System;
using System.Collections.Generic;
using System.Threading;
using Twinspect.Handles;
using Twinspect.Native;

namespace Twinspect
{
    public sealed unsafe partial class Inspector
    {
        /// <summary>Inspects pictures, as many at once as the option lanes says, each whether or not others fail.</summary>
        /// <param name="images">The pictures.</param>
        /// <param name="results">As many, each another one.</param>
        /// <param name="masks">As many, each of which may be null; null = none at all.</param>
        /// <param name="statuses">What became of each picture, also if the call throws; null = not wanted.</param>
        /// <param name="progress">
        /// Told on this thread after each picture, but at most 20 times a second; may read the results of pictures that are
        /// done. What it throws cancels, and is thrown again here. It must not use this inspector.
        /// </param>
        /// <param name="cancellation">Asked as often. Pictures that are left have the status Cancelled.</param>
        /// <exception cref="OperationCanceledException">It was cancelled.</exception>
        /// <exception cref="TwinspectException">
        /// The first failure, whose Where names the picture ("images[3]"), and InvalidArgument if the lists differ in length.
        /// </exception>
        public void InspectBatch(IReadOnlyList<ImageView> images, IReadOnlyList<Result> results,
            IReadOnlyList<ImageView> masks = null, ErrorCode[] statuses = null,
            IProgress<WorkProgress> progress = null, CancellationToken cancellation = default(CancellationToken))
        {
            if (images == null) throw new ArgumentNullException(nameof(images));
            if (results == null) throw new ArgumentNullException(nameof(results));
            var count = images.Count;
            if (results.Count != count || masks != null && masks.Count != count || statuses != null && statuses.Length != count)
            {
                throw Failure.Argument(
                    FormattableString.Invariant($"{count} images, {results.Count} results, {masks?.Count} masks, {statuses?.Length} statuses"),
                    "Give as many of each, or no masks and statuses at all.", nameof(InspectBatch));
            }
            using (var pictures = new Pictures(images, nameof(images), false))
            using (var maskPictures = new Pictures(masks, nameof(masks), true))
            using (var written = new WrittenResults(results))
            {
                var work = new Work(progress, cancellation, written.Finish);
                var codes = new int[count];
                int status;
                Handle.Watcher.Begin(work);
                try
                {
                    fixed (int* first = codes)
                    fixed (IntPtr* resultPointers = written.Pointers)
                    {
                        status = NativeMethods.tsp_inspector_inspect_batch(Handle, pictures.Pointers, maskPictures.Pointers,
                            (ulong)count, resultPointers, first);
                    }
                }
                finally
                {
                    handle.Watcher.End();
                }
                for (var i = 0; statuses != null && i < count; ++i) statuses[i] = (ErrorCode)codes[i];
                work.Check(status);
            }
        }
    }
}
