using System;
using System.Threading;
using Twinspect.Handles;
using Twinspect.Loading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>
    /// Takes pictures of good parts and makes a model of them. Some 25 are enough for a good model; one is fitted,
    /// but gives no thresholds.
    /// </summary>
    /// <remarks>It keeps its pictures' features, so more can be added and fitted again. For one thread at a time.</remarks>
    public sealed unsafe partial class Fitter : IDisposable
    {
        private readonly FitterHandle handle;

        /// <summary>For a new model.</summary>
        /// <param name="options">Null = the defaults.</param>
        /// <exception cref="TwinspectException">
        /// InvalidArgument for options that do not go together, Weights if the network is missing, Device.
        /// </exception>
        /// <exception cref="TwinspectLibraryException">The library cannot be loaded.</exception>
        public Fitter(Options options = null)
        {
            handle = LibraryLoader.Run(() =>
            {
                Failure.Check(NativeMethods.tsp_fitter_create(Options.HandleOf(options), out var created));
                return created;
            });
            Watch();
        }

        /// <summary>Adds pictures to a model, which itself stays as it is and may be disposed of.</summary>
        /// <param name="model">What was learned before.</param>
        /// <param name="options">Those of <see cref="OptionScope.Run"/>; the others come from the model. Null = the defaults.</param>
        /// <exception cref="TwinspectException">Device, Memory.</exception>
        public Fitter(Model model, Options options = null)
        {
            if (model == null) throw new ArgumentNullException(nameof(model));
            Failure.Check(NativeMethods.tsp_fitter_create_from_model(model.Handle, Options.HandleOf(options), out handle));
            Watch();
        }

        /// <summary>How many pictures were added.</summary>
        public long Count
        {
            get
            {
                Failure.Check(NativeMethods.tsp_fitter_count(Handle, out var count));
                return (long)count;
            }
        }

        /// <summary>Adds a picture of a good part.</summary>
        /// <param name="image">The picture, read during the call.</param>
        /// <param name="name">For messages and for the model; null = "image" and its number.</param>
        /// <param name="mask">What of it counts for the thresholds; null = all.</param>
        /// <exception cref="TwinspectException">
        /// Image, ImageSize, InvalidArgument, Unsupported, Numeric, Memory, Io of a temporary file.
        /// </exception>
        public void Add(ImageView image, string name = null, ImageView mask = null)
        {
            if (image == null) throw new ArgumentNullException(nameof(image));
            var text = Utf8.Bytes(name, nameof(name));
            PinnedImage pinned = new PinnedImage(), pinnedMask = new PinnedImage();
            try
            {
                fixed (byte* nameBytes = text)
                {
                    Failure.Check(NativeMethods.tsp_fitter_add(Handle, pinned.Pin(image, &pinned.Image),
                        pinnedMask.Pin(mask, &pinnedMask.Image), nameBytes));
                }
            }
            finally
            {
                pinned.Release();
                pinnedMask.Release();
            }
        }

        /// <summary>Adds a picture file of a good part: PNG, JPEG, BMP, TIFF, WebP, PGM or PPM.</summary>
        /// <param name="path">The file, whose name becomes the picture's.</param>
        /// <param name="maskPath">An 8-bit gray picture of the same size, non-zero = counts; null = all counts.</param>
        /// <exception cref="TwinspectException">NotFound, Io, and those of <see cref="Add(ImageView, string, ImageView)"/>.</exception>
        public void AddFile(string path, string maskPath = null)
        {
            fixed (byte* pathBytes = Utf8.Required(path, nameof(path)))
            fixed (byte* maskBytes = Utf8.Bytes(maskPath, nameof(maskPath)))
            {
                Failure.Check(NativeMethods.tsp_fitter_add_file(Handle, pathBytes, maskBytes));
            }
        }

        /// <summary>Makes a model of the pictures so far: groups, statistics, thresholds.</summary>
        /// <param name="progress">
        /// Told on this thread, at most 20 times a second besides the start and the end of each stage. What it throws cancels,
        /// and is thrown again here. It must not use this fitter. Null = nobody watches.
        /// </param>
        /// <param name="cancellation">Asked as often.</param>
        /// <exception cref="OperationCanceledException">It was cancelled; the fitter is as it was.</exception>
        /// <exception cref="TwinspectException">TooFewImages, Numeric, Memory, Io of a temporary file, Busy.</exception>
        public Model Fit(IProgress<WorkProgress> progress = null, CancellationToken cancellation = default(CancellationToken))
        {
            var work = new Work(progress, cancellation);
            Handle.Watcher.Begin(work);
            int status;
            ModelHandle model;
            try
            {
                status = NativeMethods.tsp_fitter_fit(Handle, out model);
            }
            finally
            {
                handle.Watcher.End();
            }
            work.Check(status);
            return new Model(model);
        }

        private FitterHandle Handle => handle.Live(nameof(Fitter));

        /// <summary>Frees the fitter. Models that it made live on.</summary>
        public void Dispose() => handle.Dispose();

        private void Watch()
        {
            handle.Watcher = new Watcher();
            Failure.Check(NativeMethods.tsp_fitter_set_progress(Handle, Watcher.Callback, handle.Watcher.Address));
        }
    }
}
