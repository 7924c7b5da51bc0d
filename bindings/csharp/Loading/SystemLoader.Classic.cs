#if !TWINSPECT_MODERN
using System;
using System.Reflection;
using System.Runtime.InteropServices;
using Twinspect.Native;

namespace Twinspect.Loading
{
    /// <summary>
    /// Loads the library by what netstandard2.0 has for that, which is nothing: each runtime that it may run on is asked in
    /// its own way, .NET Framework, mono, and .NET Core, whose NativeLibrary can only be found by its name from here.
    /// </summary>
    internal static class SystemLoader
    {
        private const int Now = 2;
        private static readonly Type NativeLibrary =
            Type.GetType("System.Runtime.InteropServices.NativeLibrary, System.Runtime.InteropServices", false);
        private static IntPtr library;
        private static bool registered;

        /// <summary>Loads a file. Null on success, else what the system said.</summary>
        internal static string LoadFile(string file)
        {
            if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
            {
                // Windows finds a library that is loaded by its name alone.
                return LoadLibraryW(file) != IntPtr.Zero ? null : "Windows' error " + Marshal.GetLastWin32Error();
            }
            // Called before, too: to find dlerror later would overwrite what it has to say.
            dlerror();
            library = dlopen(file, Now);
            if (library == IntPtr.Zero) return Marshal.PtrToStringAnsi(dlerror());
            if (Type.GetType("Mono.Runtime") != null)
            {
                mono_dllmap_insert(IntPtr.Zero, NativeMethods.File, null, file, null);
            }
            else if (NativeLibrary != null && !registered)
            {
                Register();
                registered = true;
            }
            return null;
        }

        /// <summary>Has the system look for the library. Null on success, else what the system said.</summary>
        internal static string LoadByName() => LoadFile(LibraryPlaces.FileName);

        private static void Register()
        {
            var set = NativeLibrary.GetMethod("SetDllImportResolver");
            var resolver = typeof(SystemLoader).GetMethod(nameof(Resolve), BindingFlags.Static | BindingFlags.NonPublic);
            var type = set.GetParameters()[1].ParameterType;
            set.Invoke(null, new object[] { typeof(SystemLoader).Assembly, Delegate.CreateDelegate(type, resolver) });
        }

        private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
            name == NativeMethods.File ? library : IntPtr.Zero;

        [DllImport("kernel32", CharSet = CharSet.Unicode, SetLastError = true, ExactSpelling = true)]
        private static extern IntPtr LoadLibraryW(string file);

        [DllImport("libdl.so.2", CallingConvention = CallingConvention.Cdecl)]
        private static extern IntPtr dlopen(string file, int flags);

        [DllImport("libdl.so.2", CallingConvention = CallingConvention.Cdecl)]
        private static extern IntPtr dlerror();

        [DllImport("__Internal", CallingConvention = CallingConvention.Cdecl)]
        private static extern void mono_dllmap_insert(IntPtr image, string library, string function, string file, string symbol);
    }
}
#endif
