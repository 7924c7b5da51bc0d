using System;
using System.Runtime.InteropServices;
using Twinspect.Handles;

namespace Twinspect.Native
{
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct tsp_option
    {
        internal uint struct_size;
        internal int type;
        internal int scope;
        internal uint reserved;
        internal byte* key;
        internal byte* default_value;
        internal byte* choices;
        internal byte* help;
        internal double min;
        internal double max;
    }

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_options_create(out OptionsHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_options_set_int(OptionsHandle options, byte* key, long value);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_options_set_float(OptionsHandle options, byte* key, double value);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_options_set_text(OptionsHandle options, byte* key, byte* value);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_options_apply_recipe(OptionsHandle options, byte* name);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_options_get_text(OptionsHandle options, byte* key, byte* buffer, ulong capacity, out ulong needed);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void tsp_options_destroy(IntPtr options);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ulong tsp_option_count();

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_option_info(ulong index, tsp_option* @out);
    }
}
