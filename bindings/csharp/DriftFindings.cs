using System;

namespace Twinspect
{
    /// <summary>How good parts have changed.</summary>
    [Flags]
    public enum DriftFindings
    {
        /// <summary>Not, as far as is known.</summary>
        None = 0,

        /// <summary>The CUSUM has reached its limit: good parts score higher than the normal images did.</summary>
        Rise = 1,

        /// <summary>A window of good parts has other scores than the normal images, by the Kolmogorov-Smirnov test.</summary>
        Change = 2,
    }
}
