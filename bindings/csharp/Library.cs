using System.Collections.Generic;
using Twinspect.Loading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>The library as a whole: versions, features, threads, devices. Any thread may use it.</summary>
    public static unsafe class Library
    {
        /// <summary>Loads the library now rather than at the first use, and checks that its version is the right one.</summary>
        /// <exception cref="TwinspectLibraryException">It, or libtorch, is missing, damaged or for another computer.</exception>
        /// <exception cref="TwinspectIOException"><see cref="ErrorCode.Version"/>: it is of another version.</exception>
        public static void Load() => LibraryLoader.Ensure();

        /// <summary>The library's version, such as "0.1.0".</summary>
        public static string Version => LibraryLoader.Run(() => Utf8.Read(NativeMethods.tsp_version()));

        /// <summary>What the library was built from, one line of JSON for a log.</summary>
        public static string BuildInfo => LibraryLoader.Run(() => Utf8.Read(NativeMethods.tsp_build_info()));

        /// <summary>Whether this build has a feature: "cuda", "cuda.input".</summary>
        public static bool HasFeature(string name) => LibraryLoader.Run(() =>
        {
            fixed (byte* text = Utf8.Required(name, nameof(name))) return NativeMethods.tsp_has_feature(text) == 1;
        });

        /// <summary>Sets how many threads libtorch uses inside of one operation, for the whole process.</summary>
        /// <param name="count">1 to 1024. Programs that inspect on several threads at once are usually fastest with 1.</param>
        /// <exception cref="TwinspectArgumentException">Another number.</exception>
        public static void SetThreads(int count) => Failure.Check(LibraryLoader.Run(() => NativeMethods.tsp_set_threads(count)));

        /// <summary>The devices of this machine; the CPU is always there and comes first. The first call may take a while.</summary>
        public static IReadOnlyList<Device> Devices() => LibraryLoader.Run(() =>
        {
            Failure.Check(NativeMethods.tsp_device_count(out var count));
            var devices = new Device[count];
            for (var i = 0; i < devices.Length; ++i)
            {
                var device = new tsp_device { struct_size = (uint)sizeof(tsp_device) };
                Failure.Check(NativeMethods.tsp_device_info((ulong)i, &device));
                devices[i] = new Device(&device);
            }
            return devices;
        });
    }
}
