using System.Runtime.InteropServices;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct tsp_device
    {
        internal uint struct_size;
        internal uint compute_major;
        internal uint compute_minor;
        internal uint reserved;
        internal byte* option;
        internal byte* name;
        internal ulong memory_bytes;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_device_count(out ulong @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_device_info(ulong index, tsp_device* @out);
    }
}
