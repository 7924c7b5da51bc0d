using System.Runtime.InteropServices;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct tsp_image
    {
        internal uint struct_size;
        internal int format;
        internal uint width;
        internal uint height;
        internal void* plane0;
        internal void* plane1;
        internal void* plane2;
        internal long row_stride;
        internal double white;
        internal int memory;
        internal int device;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_image_init(tsp_image* @out, int format, uint width, uint height, void* data, long row_stride);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_image_check(tsp_image* image);
    }
}
