using System;
using System.Runtime.InteropServices;

namespace Twinspect.Native
{
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal unsafe delegate void tsp_log(IntPtr user_data, int level, byte* message);

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_set_log(int level, tsp_log function, IntPtr user_data);
    }
}
