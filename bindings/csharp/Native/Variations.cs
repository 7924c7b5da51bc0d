using System;
using System.Runtime.InteropServices;
using Twinspect.Handles;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct tsp_variation_summary
    {
        internal uint struct_size;
        internal uint width;
        internal uint height;
        internal int type;
        internal int mode;
        internal int engine;
        internal uint prepared;
        internal uint reserved;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_create(uint width, uint height, int type, int mode, OptionsHandle options, out VariationHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_train(VariationHandle variation, tsp_image** images, ulong count);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_prepare(VariationHandle variation, double* abs_threshold, double* var_threshold);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_prepare_direct(VariationHandle variation, tsp_image* reference, tsp_image* variation_image, double* abs_threshold, double* var_threshold);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_compare(VariationHandle variation, tsp_image* image, tsp_image* mask, ResultHandle result);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_compare_ext(VariationHandle variation, tsp_image* image, tsp_image* mask, int mode, ResultHandle result);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_get_image(VariationHandle variation, int which, tsp_image* destination);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_clear_train_data(VariationHandle variation);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_write(VariationHandle variation, byte* path);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_write_memory(VariationHandle variation, void* buffer, ulong capacity, out ulong needed);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_read(byte* path, OptionsHandle options, out VariationHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_read_memory(void* data, ulong size, OptionsHandle options, out VariationHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_variation_info(VariationHandle variation, tsp_variation_summary* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void tsp_variation_clear(IntPtr variation);
    }
}
