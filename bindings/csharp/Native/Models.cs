using System;
using System.Runtime.InteropServices;
using Twinspect.Handles;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct tsp_model_summary
    {
        internal uint struct_size;
        internal uint image_count;
        internal uint group_count;
        internal uint left_out_count;
        internal uint image_width;
        internal uint image_height;
        internal uint input_width;
        internal uint input_height;
        internal uint grid_width;
        internal uint grid_height;
        internal float threshold;
        internal float pixel_threshold;
        internal uint file_version;
        internal uint reserved;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_model_load(byte* path, OptionsHandle options, out ModelHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_model_load_memory(void* data, ulong size, OptionsHandle options, out ModelHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_model_save(ModelHandle model, byte* path);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_model_save_memory(ModelHandle model, void* buffer, ulong capacity, out ulong needed);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_model_info(ModelHandle model, tsp_model_summary* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_model_describe(ModelHandle model, byte* buffer, ulong capacity, out ulong needed);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_model_lead_image(ModelHandle model, uint group, tsp_image* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_model_with_thresholds(ModelHandle model, float image, float pixel, out ModelHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void tsp_model_destroy(IntPtr model);
    }
}
