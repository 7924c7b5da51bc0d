using System;
using Twinspect.Native;

namespace Twinspect.Handles
{
    internal sealed class OptionsHandle : Handle
    {
        /// <summary>Passed as NULL: the defaults.</summary>
        internal static readonly OptionsHandle Defaults = new OptionsHandle();

        protected override void Destroy(IntPtr value) => NativeMethods.tsp_options_destroy(value);
    }

    internal sealed class ModelHandle : Handle
    {
        protected override void Destroy(IntPtr value) => NativeMethods.tsp_model_destroy(value);
    }

    internal sealed class ResultHandle : Handle
    {
        protected override void Destroy(IntPtr value) => NativeMethods.tsp_result_destroy(value);
    }

    internal sealed class VariationHandle : Handle
    {
        protected override void Destroy(IntPtr value) => NativeMethods.tsp_variation_clear(value);
    }

    internal sealed class FitterHandle : WatchedHandle
    {
        protected override void DestroyWatched(IntPtr value) => NativeMethods.tsp_fitter_destroy(value);
    }

    internal sealed class InspectorHandle : WatchedHandle
    {
        protected override void DestroyWatched(IntPtr value) => NativeMethods.tsp_inspector_destroy(value);
    }
}
