using System;
using System.Runtime.InteropServices;
using Twinspect.Handles;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct tsp_timing
    {
        internal uint struct_size;
        internal uint reserved;
        internal double total_ms;
        internal double preprocess_ms;
        internal double backbone_ms;
        internal double matching_ms;
        internal double statistics_ms;
        internal double map_ms;
        internal double verdict_ms;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_create(ModelHandle model, OptionsHandle options, out InspectorHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_warm_up(InspectorHandle inspector, int format, uint width, uint height);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_inspect(InspectorHandle inspector, tsp_image* image, tsp_image* mask, ResultHandle result);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_inspect_file(InspectorHandle inspector, byte* path, byte* mask_path, ResultHandle result);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_set_thresholds(InspectorHandle inspector, float image, float pixel);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_timing(InspectorHandle inspector, tsp_timing* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void tsp_inspector_destroy(IntPtr inspector);
    }
}
