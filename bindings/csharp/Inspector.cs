using System;
using Twinspect.Handles;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>
    /// Inspects pictures with a model, one at a time. One inspector a thread, one model for all of them: a second thread in
    /// the same inspector gets <see cref="ErrorCode.Busy"/>.
    /// </summary>
    public sealed unsafe partial class Inspector : IDisposable
    {
        private readonly InspectorHandle handle;

        /// <summary>Makes an inspector; the model may be disposed of before it.</summary>
        /// <param name="model">What was learned.</param>
        /// <param name="options">Those of <see cref="OptionScope.Run"/>; the others come from the model. Null = the defaults.</param>
        /// <exception cref="TwinspectException">Device, Memory.</exception>
        public Inspector(Model model, Options options = null)
        {
            if (model == null) throw new ArgumentNullException(nameof(model));
            Failure.Check(NativeMethods.tsp_inspector_create(model.Handle, Options.HandleOf(options), out handle));
            handle.Watcher = new Watcher();
            Failure.Check(NativeMethods.tsp_inspector_set_progress(Handle, Watcher.Callback, handle.Watcher.Address));
        }

        /// <summary>How long the stages of the last picture took that was inspected without failure.</summary>
        /// <exception cref="TwinspectStateException">There was none yet.</exception>
        public Timing Timing
        {
            get
            {
                var timing = new tsp_timing { struct_size = (uint)sizeof(tsp_timing) };
                Failure.Check(NativeMethods.tsp_inspector_timing(Handle, &timing));
                return new Timing(timing);
            }
        }

        /// <summary>How the scores of the pictures that were found good compare with those of the normal images.</summary>
        /// <exception cref="TwinspectStateException">The model has too few of them to say.</exception>
        public Drift Drift
        {
            get
            {
                var drift = new tsp_drift { struct_size = (uint)sizeof(tsp_drift) };
                Failure.Check(NativeMethods.tsp_inspector_drift(Handle, &drift));
                return new Drift(drift);
            }
        }

        /// <summary>Begins the comparison anew, as after the lamp was changed.</summary>
        /// <exception cref="TwinspectStateException">The model has too few normal images to compare with.</exception>
        public void ResetDrift() => Failure.Check(NativeMethods.tsp_inspector_reset_drift(Handle));

        /// <summary>Inspects a picture. A bad part is no error: see <see cref="Summary.Verdict"/>.</summary>
        /// <param name="image">The picture, read during the call.</param>
        /// <param name="result">What was found replaces what was in it; it stays as it was if the call fails.</param>
        /// <param name="mask">What of the picture is inspected; null = all.</param>
        /// <exception cref="TwinspectException">Image, ImageSize, InvalidArgument, Unsupported, Numeric, Memory, Busy.</exception>
        public void Inspect(ImageView image, Result result, ImageView mask = null)
        {
            if (image == null) throw new ArgumentNullException(nameof(image));
            if (result == null) throw new ArgumentNullException(nameof(result));
            PinnedImage pinned = new PinnedImage(), pinnedMask = new PinnedImage();
            result.Use.BeginWrite();
            try
            {
                Failure.Check(NativeMethods.tsp_inspector_inspect(Handle, pinned.Pin(image, &pinned.Image),
                    pinnedMask.Pin(mask, &pinnedMask.Image), result.Handle));
            }
            finally
            {
                result.Use.EndWrite();
                pinned.Release();
                pinnedMask.Release();
            }
        }

        /// <summary>Inspects a picture into a new result, which is yours to dispose of.</summary>
        /// <inheritdoc cref="Inspect(ImageView, Result, ImageView)"/>
        public Result Inspect(ImageView image, ImageView mask = null) => IntoNew(result => Inspect(image, result, mask));

        /// <summary>Inspects a picture file, which the library reads: PNG, JPEG, BMP, TIFF, WebP, PGM or PPM.</summary>
        /// <param name="path">The file.</param>
        /// <param name="result">What was found replaces what was in it; it stays as it was if the call fails.</param>
        /// <param name="maskPath">An 8-bit gray picture of the same size, non-zero = inspect; null = all.</param>
        /// <exception cref="TwinspectException">
        /// NotFound, Io, and those of <see cref="Inspect(ImageView, Result, ImageView)"/>; Where is the file.
        /// </exception>
        public void InspectFile(string path, Result result, string maskPath = null)
        {
            if (result == null) throw new ArgumentNullException(nameof(result));
            var pathText = Utf8.Required(path, nameof(path));
            var maskText = Utf8.Bytes(maskPath, nameof(maskPath));
            result.Use.BeginWrite();
            try
            {
                fixed (byte* pathBytes = pathText)
                fixed (byte* maskBytes = maskText)
                {
                    Failure.Check(NativeMethods.tsp_inspector_inspect_file(Handle, pathBytes, maskBytes, result.Handle));
                }
            }
            finally
            {
                result.Use.EndWrite();
            }
        }

        /// <summary>Inspects a picture file into a new result, which is yours to dispose of.</summary>
        /// <inheritdoc cref="InspectFile(string, Result, string)"/>
        public Result InspectFile(string path, string maskPath = null) => IntoNew(result => InspectFile(path, result, maskPath));

        /// <summary>
        /// Inspects a made-up picture of this format and size, so that the next picture does not have to wait until memory,
        /// threads and kernels are ready.
        /// </summary>
        /// <exception cref="TwinspectException">InvalidArgument for an unknown format, ImageSize, Memory, Busy.</exception>
        public void WarmUp(PixelFormat format, int width, int height) =>
            Failure.Check(NativeMethods.tsp_inspector_warm_up(Handle, (int)format, unchecked((uint)width), unchecked((uint)height)));

        /// <summary>Uses other thresholds than the model's from the next picture on.</summary>
        /// <param name="image">Of the score; NaN puts the model's own back.</param>
        /// <param name="pixel">Of the anomaly map; NaN puts the model's own back.</param>
        /// <exception cref="TwinspectException">InvalidArgument for one that is infinite, or 0 or less; Busy.</exception>
        public void SetThresholds(float image, float pixel) =>
            Failure.Check(NativeMethods.tsp_inspector_set_thresholds(Handle, image, pixel));

        private static Result IntoNew(Action<Result> inspect)
        {
            var result = new Result();
            try
            {
                inspect(result);
                return result;
            }
            catch
            {
                result.Dispose();
                throw;
            }
        }

        private InspectorHandle Handle => handle.Live(nameof(Inspector));

        /// <summary>Frees the inspector. Results live on.</summary>
        public void Dispose() => handle.Dispose();
    }
}
