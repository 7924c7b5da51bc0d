using System.Runtime.InteropServices;
using Twinspect.Handles;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct tsp_health
    {
        internal uint struct_size;
        internal uint findings;
        internal uint limits_known;
        internal uint repeats;
        internal float brightness;
        internal float brightness_low;
        internal float brightness_high;
        internal float contrast;
        internal float contrast_low;
        internal float sharpness;
        internal float sharpness_low;
        internal float black;
        internal float black_high;
        internal float saturated;
        internal float saturated_high;
        internal float proportions;
        internal float proportions_low;
        internal float proportions_high;
        internal uint images;
        internal uint reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tsp_drift
    {
        internal uint struct_size;
        internal uint found;
        internal ulong parts;
        internal ulong found_at;
        internal ulong rising_since;
        internal double cusum;
        internal double cusum_limit;
        internal double cusum_allowance;
        internal double ks_distance;
        internal double ks_p;
        internal double ks_least_p;
        internal uint window;
        internal uint references;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_health(ResultHandle result, tsp_health* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_drift(InspectorHandle inspector, tsp_drift* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_reset_drift(InspectorHandle inspector);
    }
}
