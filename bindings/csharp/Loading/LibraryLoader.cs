using System;
using System.Runtime.CompilerServices;
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

        /// <summary>Loads the library, unless it is loaded.</summary>
        /// <exception cref="TwinspectLibraryException">It cannot be loaded; the next call tries again.</exception>
        /// <exception cref="TwinspectIOException"><see cref="ErrorCode.Version"/>: it is of another version.</exception>
        internal static void Ensure()
        {
            if (!loaded) Load();
        }

        /// <summary>
        /// Every public way to a first call of the library. The call is a function, which is compiled when the library is
        /// there: mono looks for it when it compiles what names it, and never again.
        /// </summary>
        internal static T Run<T>(Func<T> call)
        {
            Ensure();
            return call();
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
                if (file != null) LibraryFailure.CheckFile(file);
                var reason = file == null ? SystemLoader.LoadByName() : SystemLoader.LoadFile(file);
                if (reason != null) throw LibraryFailure.Explain(file, reason);
                try
                {
                    CheckVersion();
                }
                catch (EntryPointNotFoundException)
                {
                    throw new TwinspectLibraryException((file ?? LibraryPlaces.FileName) + " is not twinspect's library: it lacks tsp_check_abi",
                        "Look for another file of that name, or set TWINSPECT_LIBRARY to the right one.", file);
                }
                loaded = true;
            }
        }

        // Not inlined, for the reason that Run has.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void CheckVersion() => Failure.Check(NativeMethods.tsp_check_abi(NativeMethods.TSP_ABI_VERSION));
    }
}
