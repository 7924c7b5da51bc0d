using System;

namespace Twinspect
{
    /// <summary>What is wrong with a picture.</summary>
    [Flags]
    public enum HealthFindings
    {
        /// <summary>Nothing.</summary>
        None = 0,

        /// <summary>Darker than the normal images.</summary>
        TooDark = 1,

        /// <summary>Brighter than the normal images.</summary>
        TooBright = 2,

        /// <summary>More of it is black: the lens is covered, or the frame has arrived in part.</summary>
        Black = 4,

        /// <summary>More of it is saturated.</summary>
        Saturated = 8,

        /// <summary>Less contrast than the normal images: nothing is seen.</summary>
        Flat = 16,

        /// <summary>Less sharp than the normal images.</summary>
        Blurred = 32,

        /// <summary>The same picture came right before, as often as the option health.repeats says.</summary>
        Repeated = 64,

        /// <summary>Width and height are in another proportion than those of the normal images.</summary>
        Proportions = 128,
    }
}
