using Twinspect.Native;

namespace Twinspect
{
    /// <summary>What values an option takes.</summary>
    public enum OptionType
    {
        /// <summary>A whole number.</summary>
        Int = 1,

        /// <summary>A finite number.</summary>
        Float = 2,

        /// <summary>One of some words.</summary>
        Choice = 3,

        /// <summary>Any text of at least one character.</summary>
        Text = 4,
    }

    /// <summary>When an option counts.</summary>
    public enum OptionScope
    {
        /// <summary>While fitting; it is stored in the model.</summary>
        Fit = 1,

        /// <summary>Whenever work is done; it is never stored.</summary>
        Run = 2,
    }

    /// <summary>One row of the table of options.</summary>
    public sealed class OptionInfo
    {
        internal unsafe OptionInfo(tsp_option* option)
        {
            Type = (OptionType)option->type;
            Scope = (OptionScope)option->scope;
            Key = Utf8.Read(option->key);
            DefaultValue = Utf8.Read(option->default_value);
            Choices = Utf8.Read(option->choices);
            Help = Utf8.Read(option->help);
            Min = option->min;
            Max = option->max;
        }

        /// <summary>What values it takes.</summary>
        public OptionType Type { get; }

        /// <summary>When it counts.</summary>
        public OptionScope Scope { get; }

        /// <summary>Its name.</summary>
        public string Key { get; }

        /// <summary>Its value when nobody sets it.</summary>
        public string DefaultValue { get; }

        /// <summary>The words that a <see cref="OptionType.Choice"/> takes, separated by commas; empty for other types.</summary>
        public string Choices { get; }

        /// <summary>One or two lines for a person.</summary>
        public string Help { get; }

        /// <summary>The smallest value of a number; 0 for other types.</summary>
        public double Min { get; }

        /// <summary>The largest value of a number; 0 for other types.</summary>
        public double Max { get; }
    }
}
