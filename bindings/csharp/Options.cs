using System;
using System.Collections.Generic;
using Twinspect.Handles;
using Twinspect.Loading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>
    /// Settings by name, the same names as on the command line. All start at their defaults; who is given options copies
    /// what it needs, so they may be changed or disposed of afterwards. For one thread at a time.
    /// </summary>
    /// <example><code>
    /// using (var options = new Options().ApplyRecipe("registered").Set("input.size", 448))
    /// using (var fitter = new Fitter(options)) ...
    /// </code></example>
    public sealed unsafe class Options : IDisposable
    {
        private readonly OptionsHandle handle;

        /// <summary>All at their defaults.</summary>
        /// <exception cref="TwinspectLibraryException">The library cannot be loaded.</exception>
        public Options()
        {
            handle = LibraryLoader.Run(() =>
            {
                Failure.Check(NativeMethods.tsp_options_create(out var created));
                return created;
            });
        }

        /// <summary>The table of all options: name, type, default, range and meaning.</summary>
        public static IReadOnlyList<OptionInfo> Table() => LibraryLoader.Run(() =>
        {
            var table = new OptionInfo[NativeMethods.tsp_option_count()];
            for (var i = 0; i < table.Length; ++i)
            {
                var option = new tsp_option { struct_size = (uint)sizeof(tsp_option) };
                Failure.Check(NativeMethods.tsp_option_info((ulong)i, &option));
                table[i] = new OptionInfo(&option);
            }
            return table;
        });

        /// <summary>Sets a whole number; a number option takes it, too.</summary>
        /// <exception cref="TwinspectArgumentException">
        /// An unknown key (the nearest one is in the hint), another type, or a value out of range.
        /// </exception>
        public Options Set(string key, long value)
        {
            fixed (byte* name = Utf8.Required(key, nameof(key)))
            {
                Failure.Check(NativeMethods.tsp_options_set_int(Handle, name, value));
            }
            return this;
        }

        /// <summary>Sets a number.</summary>
        /// <inheritdoc cref="Set(string, long)"/>
        public Options Set(string key, double value)
        {
            fixed (byte* name = Utf8.Required(key, nameof(key)))
            {
                Failure.Check(NativeMethods.tsp_options_set_float(Handle, name, value));
            }
            return this;
        }

        /// <summary>Sets an option of any type from a text; numbers have a decimal point, whatever the culture.</summary>
        /// <inheritdoc cref="Set(string, long)"/>
        public Options Set(string key, string value)
        {
            fixed (byte* name = Utf8.Required(key, nameof(key)))
            fixed (byte* text = Utf8.Required(value, nameof(value)))
            {
                Failure.Check(NativeMethods.tsp_options_set_text(Handle, name, text));
            }
            return this;
        }

        /// <summary>Sets what a recipe sets, for instance "paper"; other options stay as they are.</summary>
        /// <exception cref="TwinspectArgumentException">An unknown name; the known ones are in the message.</exception>
        public Options ApplyRecipe(string name)
        {
            fixed (byte* text = Utf8.Required(name, nameof(name)))
            {
                Failure.Check(NativeMethods.tsp_options_apply_recipe(Handle, text));
            }
            return this;
        }

        /// <summary>The effective value of an option as text; numbers have a decimal point, whatever the culture.</summary>
        /// <exception cref="TwinspectArgumentException">An unknown key.</exception>
        public string Get(string key)
        {
            var name = Utf8.Required(key, nameof(key));
            return Utf8.Read((byte* buffer, ulong capacity, out ulong needed) =>
            {
                fixed (byte* text = name)
                {
                    return NativeMethods.tsp_options_get_text(Handle, text, buffer, capacity, out needed);
                }
            });
        }

        internal OptionsHandle Handle => handle.Live(nameof(Options));

        /// <summary>Frees the options.</summary>
        public void Dispose() => handle.Dispose();

        /// <summary>What a call is given for options that may be null.</summary>
        internal static OptionsHandle HandleOf(Options options) => options == null ? OptionsHandle.Defaults : options.Handle;
    }
}
