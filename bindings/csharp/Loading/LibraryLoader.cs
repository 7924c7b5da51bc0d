using System;
using Twinspect.Native;

namespace Twinspect.Loading
{
    /// <summary>
    /// Loads the library before its first function is called, so that a failure says why in words: what the runtime itself
    /// would say names neither the file nor its dependency.
    /// </summary>
    internal static class LibraryLoader
    {
        private static readonly object Gate = new object();
        private static volatile bool loaded;

        /// <summary>Every public way to a first call of the library starts with this.</summary>
        /// <exception cref="TwinspectLibraryException">It cannot be loaded; the next call tries again.</exception>
        /// <exception cref="TwinspectIOException"><see cref="ErrorCode.Version"/>: it is of another version.</exception>
        internal static void Ensure()
        {
            if (!loaded) Load();
        }

        private static void Load()
        {
            lock (Gate)
            {
                if (loaded) return;
                if (IntPtr.Size != 8)
                {
                    throw new TwinspectLibraryException("this is a 32-bit process, and twinspect is for 64-bit ones only",
                        "Build the program for x64, and without \"prefer 32-bit\".", null);
                }
                var file = LibraryPlaces.Find();
                var reason = file == null ? SystemLoader.LoadByName() : SystemLoader.LoadFile(file);
                if (reason != null) throw LibraryFailure.Explain(file, reason);
                try
                {
                    Failure.Check(NativeMethods.tsp_check_abi(NativeMethods.TSP_ABI_VERSION));
                }
                catch (EntryPointNotFoundException)
                {
                    throw new TwinspectLibraryException((file ?? LibraryPlaces.FileName) + " is not twinspect's library: it lacks tsp_check_abi",
                        "Look for another file of that name, or set TWINSPECT_LIBRARY to the right one.", file);
                }
                loaded = true;
            }
        }
    }
}
