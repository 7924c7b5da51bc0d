using System;
using System.Collections.Generic;
using Twinspect.Handles;
using Twinspect.Loading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>
    /// What an inspection found; to be used again for the next picture, which then needs no new memory. For one thread at a
    /// time. Before the first inspection everything but Dispose throws <see cref="TwinspectStateException"/>.
    /// </summary>
    /// <remarks>
    /// Whatever is returned is a copy and stays as it is when the result is inspected into again. ReadMap alone (in builds
    /// for .NET 8) lends the library's own memory, for as long as a function of yours runs; the result cannot be inspected
    /// into meanwhile, and is not freed before.
    /// </remarks>
    public sealed unsafe partial class Result : IDisposable
    {
        private readonly ResultHandle handle;
        internal readonly Use Use = new Use();

        /// <summary>Empty.</summary>
        /// <exception cref="TwinspectLibraryException">The library cannot be loaded.</exception>
        public Result()
        {
            handle = LibraryLoader.Run(() =>
            {
                Failure.Check(NativeMethods.tsp_result_create(out var created));
                return created;
            });
        }

        /// <summary>Score, verdict and sizes.</summary>
        public Summary Summary
        {
            get
            {
                var summary = new tsp_summary { struct_size = (uint)sizeof(tsp_summary) };
                Failure.Check(NativeMethods.tsp_result_summary(Handle, &summary));
                return new Summary(summary);
            }
        }

        /// <summary>How the picture was moved onto the lead image.</summary>
        /// <exception cref="TwinspectStateException">It was not: see <see cref="Twinspect.Summary.Registered"/>.</exception>
        public Registration Registration
        {
            get
            {
                var registration = new tsp_registration { struct_size = (uint)sizeof(tsp_registration) };
                Failure.Check(NativeMethods.tsp_result_registration(Handle, &registration));
                return new Registration(&registration);
            }
        }

        /// <summary>What the picture is like and what is wrong with it.</summary>
        /// <exception cref="TwinspectStateException">Also after a comparison of gray values by a variation model.</exception>
        public Health Health
        {
            get
            {
                var health = new tsp_health { struct_size = (uint)sizeof(tsp_health) };
                Failure.Check(NativeMethods.tsp_result_health(Handle, &health));
                return new Health(health);
            }
        }

        /// <summary>The anomaly map, row by row, as many values as the picture has pixels; 0 outside of the mask.</summary>
        public float[] Map()
        {
            var summary = Summary;
            var map = new float[summary.MapWidth * summary.MapHeight];
            CopyMap(map);
            return map;
        }

        /// <summary>Copies the anomaly map to the start of an array, so that a program can use the same one for all pictures.</summary>
        /// <param name="destination">At least as many values as the picture has pixels.</param>
        /// <param name="rowStride">Bytes from one row to the next; 0 = tightly packed. What lies between stays as it is.</param>
        /// <exception cref="TwinspectArgumentException">BufferTooSmall, or InvalidArgument for the stride.</exception>
        public void CopyMap(float[] destination, long rowStride = 0)
        {
            if (destination == null) throw new ArgumentNullException(nameof(destination));
            var none = 0.0f;
            fixed (float* first = destination)
            {
                CopyMap(first == null ? &none : first, destination.LongLength * sizeof(float), rowStride);
            }
        }

        /// <summary>The defect regions as a picture of the picture's size, 255 inside and 0 outside.</summary>
        public Picture Mask()
        {
            return Read(() =>
            {
                var mask = new tsp_image { struct_size = (uint)sizeof(tsp_image) };
                Failure.Check(NativeMethods.tsp_result_mask(Handle, &mask));
                return new Picture(&mask);
            });
        }

        /// <summary>The defect regions, the one with the highest peak first.</summary>
        public IReadOnlyList<Region> Regions()
        {
            return Read(() =>
            {
                var runs = CopyRuns();
                var regions = new Region[Summary.RegionCount];
                for (var i = 0; i < regions.Length; ++i)
                {
                    var region = new tsp_region { struct_size = (uint)sizeof(tsp_region) };
                    Failure.Check(NativeMethods.tsp_result_region(Handle, (uint)i, &region));
                    regions[i] = new Region(&region, runs);
                }
                return regions;
            });
        }

        /// <summary>The chords of all regions, one region after the other.</summary>
        public Run[] Runs() => Read(CopyRuns);

        /// <summary>
        /// Draws the anomaly map over a picture, on a colour scale that is tied to the threshold: nothing where it is far from
        /// reached, yellow at it, red from twice it on.
        /// </summary>
        /// <param name="image">A picture of the map's size, usually the one that was inspected.</param>
        /// <param name="destination">
        /// A picture of <see cref="PixelFormat.Rgb8"/> or Bgr8 of that size, whose pixels are written; it may be image.
        /// </param>
        /// <exception cref="TwinspectException">State without a threshold, Image, ImageSize, InvalidArgument, Unsupported.</exception>
        public void Render(ImageView image, ImageView destination)
        {
            if (image == null) throw new ArgumentNullException(nameof(image));
            if (destination == null) throw new ArgumentNullException(nameof(destination));
            PinnedImage pinned = new PinnedImage(), pinnedDestination = new PinnedImage();
            try
            {
                Failure.Check(NativeMethods.tsp_result_render(Handle, pinned.Pin(image, &pinned.Image),
                    pinnedDestination.Pin(destination, &pinnedDestination.Image)));
            }
            finally
            {
                pinned.Release();
                pinnedDestination.Release();
            }
        }

        /// <summary>What was found as one line of JSON, as `twinspect inspect --json` prints it.</summary>
        public string ToJson() => Utf8.Read((byte* buffer, ulong capacity, out ulong needed) =>
            NativeMethods.tsp_result_to_json(Handle, buffer, capacity, out needed));

        internal ResultHandle Handle => handle.Live(nameof(Result));

        /// <summary>Frees the result.</summary>
        public void Dispose() => handle.Dispose();

        private void CopyMap(float* destination, long capacity, long rowStride) =>
            Failure.Check(NativeMethods.tsp_result_copy_map(Handle, destination, rowStride, (ulong)capacity));

        private Run[] CopyRuns()
        {
            Failure.Check(NativeMethods.tsp_result_runs(Handle, out var first, out var count));
            var runs = new Run[count];
            for (var i = 0; i < runs.Length; ++i) runs[i] = new Run(first[i]);
            return runs;
        }

        /// <summary>Runs what reads the library's memory while that can neither be freed nor replaced.</summary>
        private T Read<T>(Func<T> read)
        {
            var added = false;
            Use.BeginRead();
            try
            {
                Handle.DangerousAddRef(ref added);
                return read();
            }
            finally
            {
                if (added) Handle.DangerousRelease();
                Use.EndRead();
            }
        }
    }
}
