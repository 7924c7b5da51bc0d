using System;
using System.Runtime.InteropServices;
using Twinspect.Handles;

namespace Twinspect.Native
{
    internal static unsafe partial class NativeMethods
    {
        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_inspect_batch(InspectorHandle inspector, tsp_image** images, tsp_image** masks, ulong count, IntPtr* results, int* statuses);

        [DllImport(File, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int tsp_inspector_set_progress(InspectorHandle inspector, tsp_progress function, IntPtr user_data);
    }
}
