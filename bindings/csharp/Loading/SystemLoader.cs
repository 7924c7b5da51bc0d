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
        internal static string LoadByName() =>
            Try(() => NativeLibrary.Load(NativeMethods.File, typeof(SystemLoader).Assembly, null));

        private static string Try(Func<IntPtr> load)
        {
            try
            {
                library = load();
            }
            catch (Exception exception) when (exception is DllNotFoundException || exception is BadImageFormatException)
            {
                return exception.Message;
            }
            // Once for an assembly; a second time throws.
            if (!registered) NativeLibrary.SetDllImportResolver(typeof(SystemLoader).Assembly, Resolve);
            registered = true;
            return null;
        }

        private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
            name == NativeMethods.File ? library : IntPtr.Zero;
    }
}
#endif
