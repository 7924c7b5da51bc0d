using System;
using System.Runtime.InteropServices;
using Twinspect.Handles;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct tsp_summary
    {
        internal uint struct_size;
        internal int verdict;
        internal float score;
        internal float threshold;
        internal float pixel_threshold;
        internal uint group;
        internal uint matches;
        internal uint region_count;
        internal uint run_count;
        internal uint map_width;
        internal uint map_height;
        internal uint registered;
        internal uint health;
        internal uint repeats;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct tsp_registration
    {
        internal uint struct_size;
        internal uint inliers;
        internal double rms_px;
        internal fixed double to_lead[9];
        internal uint aligned;
        internal uint reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct tsp_map
    {
        internal uint struct_size;
        internal uint width;
        internal uint height;
        internal uint reserved;
        internal long row_stride;
        internal float* data;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tsp_region
    {
        internal uint struct_size;
        internal uint x;
        internal uint y;
        internal uint width;
        internal uint height;
        internal float peak;
        internal uint first_run;
        internal uint run_count;
        internal ulong area;
        internal double row;
        internal double column;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tsp_run
    {
        internal int row;
        internal int column_begin;
        internal int column_end;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_create(out ResultHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_summary(ResultHandle result, tsp_summary* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_registration(ResultHandle result, tsp_registration* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_map(ResultHandle result, tsp_map* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_copy_map(ResultHandle result, float* destination, long row_stride, ulong capacity);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_mask(ResultHandle result, tsp_image* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_region(ResultHandle result, uint index, tsp_region* @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_runs(ResultHandle result, out tsp_run* @out, out ulong count);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_render(ResultHandle result, tsp_image* @base, tsp_image* destination);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_result_to_json(ResultHandle result, byte* buffer, ulong capacity, out ulong needed);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void tsp_result_destroy(IntPtr result);
    }
}
