using System.Runtime.InteropServices;

namespace Twinspect.Native
{
    // The functions, constants and structs of include/twinspect/twinspect.h, with its names, one file a section of it.
    // tests/csharp/check_declarations.py compares all of them with the header.
    internal static unsafe partial class NativeMethods
    {
        /// <summary>How every declaration names the library; LibraryLoader says which file that is.</summary>
        internal const string File = "twinspect";

        internal const uint TSP_ABI_VERSION = 1000;

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern uint tsp_abi_version();

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern byte* tsp_version();

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern byte* tsp_build_info();

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_has_feature(byte* name);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_check_abi(uint header_version);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_set_threads(int count);
    }
}
