using System;
using Twinspect.Handles;
using Twinspect.Loading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>
    /// What was learned from good parts. Never changes; any number of threads may use it at once. Inspectors and fitters keep
    /// what they need of it, so it may be disposed of before them.
    /// </summary>
    public sealed unsafe partial class Model : IDisposable
    {
        private readonly ModelHandle handle;

        internal Model(ModelHandle handle) => this.handle = handle;

        /// <summary>Reads a model file, which is closed when the call returns.</summary>
        /// <param name="path">The file.</param>
        /// <param name="options">Where to work, and where the network is now ("backbone"). Null = the defaults.</param>
        /// <remarks>
        /// A model may name a TorchScript module on this machine, which is a program and is run: load such models only from
        /// those whom you trust.
        /// </remarks>
        /// <exception cref="TwinspectException">NotFound, Io, Format, Version, Weights, Device, Memory.</exception>
        /// <exception cref="TwinspectLibraryException">The library cannot be loaded.</exception>
        public static Model Load(string path, Options options = null) => LibraryLoader.Run(() =>
        {
            fixed (byte* pathBytes = Utf8.Required(path, nameof(path)))
            {
                Failure.Check(NativeMethods.tsp_model_load(pathBytes, Options.HandleOf(options), out var loaded));
                return new Model(loaded);
            }
        });

        /// <summary>Reads a model from the content of its file, which is not kept.</summary>
        /// <inheritdoc cref="Load"/>
        public static Model FromBytes(byte[] content, Options options = null)
        {
            if (content == null) throw new ArgumentNullException(nameof(content));
            fixed (byte* data = content) return FromMemory(data, content.Length, options);
        }

        /// <summary>Writes the model to a file; one of that name is replaced in one step or, if anything fails, left as it is.</summary>
        /// <exception cref="TwinspectException">Io, NotFound for a folder that does not exist, Memory.</exception>
        public void Save(string path)
        {
            fixed (byte* pathBytes = Utf8.Required(path, nameof(path)))
            {
                Failure.Check(NativeMethods.tsp_model_save(Handle, pathBytes));
            }
        }

        /// <summary>The content of the model's file.</summary>
        public byte[] ToBytes() => Utf8.ReadBytes((byte* buffer, ulong capacity, out ulong needed) =>
            NativeMethods.tsp_model_save_memory(Handle, buffer, capacity, out needed));

        /// <summary>What the model is made of.</summary>
        public ModelSummary Summary
        {
            get
            {
                var summary = new tsp_model_summary { struct_size = (uint)sizeof(tsp_model_summary) };
                Failure.Check(NativeMethods.tsp_model_info(Handle, &summary));
                return new ModelSummary(summary);
            }
        }

        /// <summary>What the model is made of, in words and numbers: one line of JSON, as `twinspect info --json` prints it.</summary>
        public string Describe() => Utf8.Read((byte* buffer, ulong capacity, out ulong needed) =>
            NativeMethods.tsp_model_describe(Handle, buffer, capacity, out needed));

        /// <summary>A small picture of the lead image of a group, as the network saw it; its longer side is 128 pixels at most.</summary>
        /// <param name="group">From 0 to <see cref="ModelSummary.GroupCount"/> - 1.</param>
        /// <exception cref="TwinspectArgumentException">There is no such group.</exception>
        public Picture LeadImage(int group)
        {
            var added = false;
            try
            {
                // The library's pixels are read below, after the call.
                Handle.DangerousAddRef(ref added);
                var image = new tsp_image { struct_size = (uint)sizeof(tsp_image) };
                Failure.Check(NativeMethods.tsp_model_lead_image(Handle, unchecked((uint)group), &image));
                return new Picture(&image);
            }
            finally
            {
                if (added) Handle.DangerousRelease();
            }
        }

        /// <summary>A model with other thresholds, which shares what was learned.</summary>
        /// <param name="image">Of the score; NaN keeps the model's own.</param>
        /// <param name="pixel">Of the anomaly map; NaN keeps the model's own.</param>
        /// <exception cref="TwinspectArgumentException">A threshold is infinite, or 0 or less.</exception>
        public Model WithThresholds(float image, float pixel)
        {
            Failure.Check(NativeMethods.tsp_model_with_thresholds(Handle, image, pixel, out var made));
            return new Model(made);
        }

        internal ModelHandle Handle => handle.Live(nameof(Model));

        /// <summary>Frees the model, as soon as nobody uses it.</summary>
        public void Dispose() => handle.Dispose();

        private static Model FromMemory(byte* data, long size, Options options) => LibraryLoader.Run(() =>
        {
            Failure.Check(NativeMethods.tsp_model_load_memory(data, (ulong)size, Options.HandleOf(options), out var made));
            return new Model(made);
        });
    }
}
