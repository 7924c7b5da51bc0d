using System.Runtime.InteropServices;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct tsp_error
    {
        internal uint struct_size;
        internal int code;
        internal byte* message;
        internal byte* hint;
        internal byte* where;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void tsp_last_error(tsp_error* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern byte* tsp_last_error_message();

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern byte* tsp_status_name(int status);
    }
}
