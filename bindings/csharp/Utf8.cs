using System;
using System.Text;

namespace Twinspect
{
    /// <summary>The library's texts: UTF-8 that ends with NUL. Nothing here depends on the culture.</summary>
    internal static unsafe class Utf8
    {
        /// <summary>Throws for half of a surrogate pair, for which there is no UTF-8.</summary>
        private static readonly UTF8Encoding Encoding = new UTF8Encoding(false, true);

        internal delegate int Fill(byte* buffer, ulong capacity, out ulong needed);

        /// <summary>The text as the library takes it; null for null, which <c>fixed</c> passes as NULL.</summary>
        internal static byte[] Bytes(string text, string name)
        {
            if (text == null) return null;
            if (text.IndexOf('\0') >= 0)
            {
                throw Failure.Argument(name + " holds the character NUL, at which the library would end it",
                    "Remove it from the text.", name);
            }
            try
            {
                var bytes = new byte[Encoding.GetByteCount(text) + 1];
                Encoding.GetBytes(text, 0, text.Length, bytes, 0);
                return bytes;
            }
            catch (EncoderFallbackException)
            {
                throw Failure.Argument(name + " holds half of a surrogate pair, which is no character",
                    "Give a text that is well-formed UTF-16.", name);
            }
        }

        /// <summary>As <see cref="Bytes"/>, of a text that must be there.</summary>
        internal static byte[] Required(string text, string name) =>
            Bytes(text ?? throw new ArgumentNullException(name), name);

        /// <summary>Copies a text of the library; null for NULL.</summary>
        internal static string Read(byte* text)
        {
            if (text == null) return null;
            var length = 0;
            while (text[length] != 0) ++length;
            // A path on Unix may be any bytes: what is no UTF-8 becomes U+FFFD.
            return System.Text.Encoding.UTF8.GetString(text, length);
        }

        /// <summary>Has the library fill a buffer of the size that it asks for, and reads the text in it.</summary>
        internal static string Read(Fill fill)
        {
            var bytes = ReadBytes(fill);
            return Encoding.GetString(bytes, 0, bytes.Length - 1);
        }

        /// <summary>Has the library fill a buffer of the size that it asks for.</summary>
        internal static byte[] ReadBytes(Fill fill)
        {
            Failure.Check(fill(null, 0, out var needed));
            while (true)
            {
                var bytes = new byte[checked((int)needed)];
                int status;
                fixed (byte* buffer = bytes) status = fill(buffer, needed, out needed);
                // Another thread may have made it longer since it was measured.
                if (status == (int)ErrorCode.BufferTooSmall) continue;
                Failure.Check(status);
                return bytes;
            }
        }
    }
}
