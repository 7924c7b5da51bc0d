#if TWINSPECT_MODERN
using System;
using System.Reflection;
using System.Runtime.InteropServices;
using Twinspect.Native;

namespace Twinspect.Loading
{
    /// <summary>Loads the library by what .NET Core 3.1 and later have for that.</summary>
    internal static class SystemLoader
    {
        private static IntPtr library;
        private static bool registered;

        /// <summary>Loads a file. Null on success, else what the system said.</summary>
        internal static string LoadFile(string file) => Try(() => NativeLibrary.Load(file));

        /// <summary>Has the runtime and the system look for the library. Null on success, else what the system said.</summary>
        internal static string LoadByName()
        {
            var reason = Try(() => NativeLibrary.Load(NativeMethods.File, typeof(SystemLoader).Assembly, null));
            // The runtime tries several names, and tells of the last one only; this one's failure is the one to be known.
            return reason == null ? null : LoadFile(LibraryPlaces.FileName);
        }

        private static string Try(Func<IntPtr> load)
        {
            try
            {
                library = load();
            }
            catch (Exception exception) when (exception is DllNotFoundException || exception is BadImageFormatException)
            {
                // After advice on how to find out what follows.
                const string Before = "environment variable: ";
                var at = exception.Message.IndexOf(Before, StringComparison.Ordinal);
                return at < 0 ? exception.Message : exception.Message.Substring(at + Before.Length);
            }
            if (!registered) Register();
            registered = true;
            return null;
        }

        private static void Register()
        {
            try
            {
                NativeLibrary.SetDllImportResolver(typeof(SystemLoader).Assembly, Resolve);
            }
            catch (InvalidOperationException)
            {
                // The program has set a resolver for this assembly itself, which then finds the library.
            }
        }

        private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
            name == NativeMethods.File ? library : IntPtr.Zero;
    }
}
#endif
