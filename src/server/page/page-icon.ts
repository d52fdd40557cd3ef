/** Three gusts of wind, in the colour of the page. */
export const pageIcon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#17607a"/>
<g fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round">
<path d="M6 12h12a3.5 3.5 0 1 0-3.4-4.4"/>
<path d="M6 17h17a3.5 3.5 0 1 1-3.4 4.4"/>
<path d="M6 22h7"/>
</g>
</svg>
`;
