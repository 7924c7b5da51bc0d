using System;
using System.Collections.Generic;
using Twinspect.Handles;
using Twinspect.Loading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>
    /// HALCON's variation model, call by call: make, train (often), prepare, compare. By default it compares gray values and
    /// needs no network; the option variation.engine has it compare features, or both. docs/from-halcon.md has the formulas.
    /// </summary>
    /// <remarks>
    /// Any number of threads may compare with one variation model at once; everything else is for one thread at a time. What
    /// a call out of order gets is <see cref="ErrorCode.State"/>. A result holds a comparison as it holds an inspection; its map and
    /// peaks say how far a pixel is beyond its limit, in gray values or in units of the anomaly map, and its thresholds are NaN.
    /// </remarks>
    public sealed unsafe class Variation : IDisposable
    {
        private readonly VariationHandle handle;

        /// <summary>Makes a variation model of nothing yet.</summary>
        /// <param name="width">Pixels in a row.</param>
        /// <param name="height">Rows.</param>
        /// <param name="type">What gray values the pictures have.</param>
        /// <param name="mode">How the ideal image and its variation come about.</param>
        /// <param name="options">variation.engine, and those of a fitter where features are compared. Null = the defaults.</param>
        /// <exception cref="TwinspectException">
        /// ImageSize, InvalidArgument, Unsupported for Int2 or Direct with features; of features Weights, Device, Io.
        /// </exception>
        public Variation(int width, int height, VariationType type = VariationType.Byte,
            VariationMode mode = VariationMode.Standard, Options options = null)
        {
            handle = LibraryLoader.Run(() =>
            {
                Failure.Check(NativeMethods.tsp_variation_create(unchecked((uint)width), unchecked((uint)height), (int)type, (int)mode,
                    Options.HandleOf(options), out var created));
                return created;
            });
        }

        private Variation(VariationHandle handle) => this.handle = handle;

        /// <summary>Reads a file that <see cref="Write"/> wrote; HALCON's own cannot be read.</summary>
        /// <exception cref="TwinspectException">NotFound, Io, Format, Version, Unsupported; of features Weights, Device.</exception>
        public static Variation Read(string path, Options options = null) => LibraryLoader.Run(() =>
        {
            fixed (byte* pathBytes = Utf8.Required(path, nameof(path)))
            {
                Failure.Check(NativeMethods.tsp_variation_read(pathBytes, Options.HandleOf(options), out var handle));
                return new Variation(handle);
            }
        });

        /// <summary>Reads a variation model from the content of its file, which is not kept.</summary>
        /// <inheritdoc cref="Read"/>
        public static Variation FromBytes(byte[] content, Options options = null)
        {
            if (content == null) throw new ArgumentNullException(nameof(content));
            return LibraryLoader.Run(() =>
            {
                fixed (byte* data = content)
                {
                    Failure.Check(NativeMethods.tsp_variation_read_memory(data, (ulong)content.LongLength, Options.HandleOf(options),
                        out var handle));
                    return new Variation(handle);
                }
            });
        }

        /// <summary>Size, type, mode, engine, and whether it can compare; of one that was read, too.</summary>
        /// <exception cref="TwinspectStateException">Another thread trains or prepares it.</exception>
        public VariationInfo Info
        {
            get
            {
                var summary = new tsp_variation_summary { struct_size = (uint)sizeof(tsp_variation_summary) };
                Failure.Check(NativeMethods.tsp_variation_info(Handle, &summary));
                return new VariationInfo(summary);
            }
        }

        /// <summary>Learns from pictures of good parts, all of one size, which show the part in the same place.</summary>
        /// <param name="images">
        /// In mode Standard they are added to those of earlier calls; in mode Robust earlier calls are forgotten.
        /// </param>
        /// <exception cref="TwinspectException">
        /// State, TooFewImages, InvalidArgument for more than 65535, Image, ImageSize, Unsupported; Where names the picture.
        /// </exception>
        public void Train(params ImageView[] images) => Train((IReadOnlyList<ImageView>)images);

        /// <inheritdoc cref="Train(ImageView[])"/>
        public void Train(IReadOnlyList<ImageView> images)
        {
            if (images == null) throw new ArgumentNullException(nameof(images));
            using (var pictures = new Pictures(images, nameof(images), false))
            {
                Failure.Check(NativeMethods.tsp_variation_train(Handle, pictures.Pointers, (ulong)images.Count));
            }
        }

        /// <summary>Makes the limits of what was learned, the same for too light and for too dark.</summary>
        /// <param name="absThreshold">
        /// Gray values that every pixel may differ, 0 or more; of features in units of the anomaly map, a negative one automatic.
        /// </param>
        /// <param name="varThreshold">Multiples of the variation that a pixel may differ, 0 or more.</param>
        /// <exception cref="TwinspectException">
        /// State, InvalidArgument for a number that is negative or not finite; of features TooFewImages, Numeric, Memory, Io.
        /// </exception>
        public void Prepare(double absThreshold, double varThreshold) =>
            Prepare(absThreshold, absThreshold, varThreshold, varThreshold);

        /// <summary>As above, for too light and for too dark each.</summary>
        /// <inheritdoc cref="Prepare(double, double)"/>
        public void Prepare(double absLight, double absDark, double varLight, double varDark)
        {
            fixed (double* absolute = new[] { absLight, absDark })
            fixed (double* relative = new[] { varLight, varDark })
            {
                Failure.Check(NativeMethods.tsp_variation_prepare(Handle, absolute, relative));
            }
        }

        /// <summary>Makes the limits of a picture of a good part and of one that says how much it may vary, in mode Direct.</summary>
        /// <param name="reference">Of the variation model's type.</param>
        /// <param name="variation">Gray8, Gray16 or GrayF32, in gray values, 0 or more; often the edges of the reference.</param>
        /// <param name="absThreshold">As <see cref="Prepare(double, double)"/> has it.</param>
        /// <param name="varThreshold">As <see cref="Prepare(double, double)"/> has it.</param>
        /// <exception cref="TwinspectException">State, InvalidArgument, Image, ImageSize, Unsupported.</exception>
        public void PrepareDirect(ImageView reference, ImageView variation, double absThreshold, double varThreshold)
        {
            if (reference == null) throw new ArgumentNullException(nameof(reference));
            if (variation == null) throw new ArgumentNullException(nameof(variation));
            PinnedImage pinned = new PinnedImage(), pinnedVariation = new PinnedImage();
            try
            {
                fixed (double* absolute = new[] { absThreshold, absThreshold })
                fixed (double* relative = new[] { varThreshold, varThreshold })
                {
                    Failure.Check(NativeMethods.tsp_variation_prepare_direct(Handle, pinned.Pin(reference, &pinned.Image),
                        pinnedVariation.Pin(variation, &pinnedVariation.Image), absolute, relative));
                }
            }
            finally
            {
                pinned.Release();
                pinnedVariation.Release();
            }
        }

        /// <summary>Finds what is too light, too dark, or either.</summary>
        /// <param name="image">The picture, read during the call.</param>
        /// <param name="result">What was found replaces what was in it; it stays as it was if the call fails.</param>
        /// <param name="compare">Which gray values are defects.</param>
        /// <param name="mask">What of the picture is compared, as a reduced domain does in HALCON; null = all.</param>
        /// <exception cref="TwinspectException">
        /// State before it is prepared, Image, ImageSize, Unsupported, Busy; of features Numeric, Memory.
        /// </exception>
        public void Compare(ImageView image, Result result, VariationCompare compare = VariationCompare.Absolute, ImageView mask = null)
        {
            if (image == null) throw new ArgumentNullException(nameof(image));
            if (result == null) throw new ArgumentNullException(nameof(result));
            PinnedImage pinned = new PinnedImage(), pinnedMask = new PinnedImage();
            result.Use.BeginWrite();
            try
            {
                Failure.Check(NativeMethods.tsp_variation_compare_ext(Handle, pinned.Pin(image, &pinned.Image),
                    pinnedMask.Pin(mask, &pinnedMask.Image), (int)compare, result.Handle));
            }
            finally
            {
                result.Use.EndWrite();
                pinned.Release();
                pinnedMask.Release();
            }
        }

        /// <summary>Writes one of its images, in gray values, into an array, row by row without gaps.</summary>
        /// <param name="which">Which image.</param>
        /// <param name="destination">At least as many values as <see cref="Info"/> says it has pixels.</param>
        /// <exception cref="TwinspectException">State if there is no such image, InvalidArgument for a smaller array, Busy.</exception>
        public void GetImage(VariationImage which, float[] destination)
        {
            if (destination == null) throw new ArgumentNullException(nameof(destination));
            var info = Info;
            var view = new ImageView(destination, info.Width, info.Height, PixelFormat.GrayF32);
            var pinned = new PinnedImage();
            try
            {
                Failure.Check(NativeMethods.tsp_variation_get_image(Handle, (int)which, pinned.Pin(view, &pinned.Image)));
            }
            finally
            {
                pinned.Release();
            }
        }

        /// <summary>One of its images, in gray values, row by row without gaps; the array is yours.</summary>
        /// <inheritdoc cref="GetImage(VariationImage, float[])"/>
        public float[] GetImage(VariationImage which)
        {
            var info = Info;
            var values = new float[info.Width * info.Height];
            GetImage(which, values);
            return values;
        }

        /// <summary>Forgets all but the limits, for less memory and a smaller file; nothing more can be learned then.</summary>
        /// <exception cref="TwinspectStateException">It is not prepared.</exception>
        public void ClearTrainData() => Failure.Check(NativeMethods.tsp_variation_clear_train_data(Handle));

        /// <summary>Writes it to a file; one of that name is replaced in one step or, if anything fails, left as it is.</summary>
        /// <exception cref="TwinspectException">Io, NotFound for a folder that does not exist.</exception>
        public void Write(string path)
        {
            fixed (byte* pathBytes = Utf8.Required(path, nameof(path)))
            {
                Failure.Check(NativeMethods.tsp_variation_write(Handle, pathBytes));
            }
        }

        /// <summary>The content of its file.</summary>
        public byte[] ToBytes() => Utf8.ReadBytes((byte* buffer, ulong capacity, out ulong needed) =>
            NativeMethods.tsp_variation_write_memory(Handle, buffer, capacity, out needed));

        private VariationHandle Handle => handle.Live(nameof(Variation));

        /// <summary>Frees it, as HALCON's clear_variation_model does.</summary>
        public void Dispose() => handle.Dispose();
    }
}
