using System;
using System.Runtime.InteropServices;
using Twinspect.Handles;

namespace Twinspect.Native
{
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal unsafe delegate int tsp_progress(IntPtr user_data, byte* stage, ulong done, ulong total);

    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_fitter_create(OptionsHandle options, out FitterHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_fitter_create_from_model(ModelHandle model, OptionsHandle options, out FitterHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_fitter_add(FitterHandle fitter, tsp_image* image, tsp_image* mask, byte* name);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_fitter_add_file(FitterHandle fitter, byte* path, byte* mask_path);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_fitter_count(FitterHandle fitter, out ulong @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_fitter_set_progress(FitterHandle fitter, tsp_progress function, IntPtr user_data);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_fitter_fit(FitterHandle fitter, out ModelHandle @out);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void tsp_fitter_destroy(IntPtr fitter);
    }
}
