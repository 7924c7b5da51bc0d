using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;

namespace Twinspect.Loading
{
    /// <summary>Where the library's file may lie.</summary>
    internal static class LibraryPlaces
    {
        /// <summary>The environment variable that names the file, before all other places.</summary>
        internal const string Variable = "TWINSPECT_LIBRARY";

        /// <summary>What the file is called on this system.</summary>
        internal static string FileName
        {
            get
            {
                if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows)) return "twinspect.dll";
                return RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "libtwinspect.dylib" : "libtwinspect.so";
            }
        }

        /// <summary>
        /// The file that the variable names, whether or not it is there, or the first one that is there; null if none is, and
        /// the system has to look. A file that is there and cannot be loaded is an answer, not a reason to look further.
        /// </summary>
        internal static string Find()
        {
            var named = Environment.GetEnvironmentVariable(Variable);
            if (!string.IsNullOrEmpty(named)) return Path.GetFullPath(named);
            foreach (var place in Listed())
            {
                if (File.Exists(place)) return place;
            }
            return null;
        }

        /// <summary>Beside the program, and where packages put it: runtimes/linux-x64/native.</summary>
        internal static IEnumerable<string> Listed()
        {
            foreach (var folder in Folders())
            {
                yield return Path.Combine(folder, FileName);
                yield return Path.Combine(folder, "runtimes", Runtime(), "native", FileName);
            }
        }

        private static IEnumerable<string> Folders()
        {
            // Empty in a program that was published as a single file.
            var assembly = Path.GetDirectoryName(typeof(LibraryPlaces).Assembly.Location);
            if (!string.IsNullOrEmpty(assembly)) yield return assembly;
            var program = Path.GetFullPath(AppDomain.CurrentDomain.BaseDirectory).TrimEnd(Path.DirectorySeparatorChar);
            if (program != assembly) yield return program;
        }

        /// <summary>This system's name in packages, such as linux-x64.</summary>
        private static string Runtime()
        {
            var system = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "win"
                : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "osx" : "linux";
            return system + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        }
    }
}
