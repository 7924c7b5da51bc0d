using System.Runtime.InteropServices;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct tsp_threshold
    {
        internal uint struct_size;
        internal int method;
        internal float threshold;
        internal uint reserved;
        internal double rate_low;
        internal double rate_high;
        internal ulong images_needed;
        internal ulong false_alarms;
        internal ulong misses;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_threshold_from_scores(float* scores, byte* labels, ulong count, double false_alarm_rate, tsp_threshold* @out);
    }
}
